import { definePreset } from '../preset.ts';
import { loadTimeWaitFirewall, sizeOfPool, timeWaitParameters, varyTimeWait } from '../timewait.ts';

export const timewait1sLenient = definePreset({
  name: 'timewait-1s-lenient',
  symptom: 'the same collisions heal within milliseconds: retransmitted SYNs, but no stall',
  mimics: 'plain Linux NAT with a TIME_WAIT of 1 s (measured): it passes the bare ACK and the RST',
  isRulesAlone: true,
  causes: ['early-reuse'],
  takes: ['nat'],
  vary: varyTimeWait,
  parameters: timeWaitParameters(1),
  natPorts: sizeOfPool,
  async apply(lab, values) {
    await loadTimeWaitFirewall(lab, values);
  },
});
