import { definePreset } from '../preset.ts';
import { DROP_BARE_ACK, loadTimeWaitFirewall, sizeOfPool, timeWaitParameters } from '../timewait.ts';

export const timewait60s = definePreset({
  name: 'timewait-60s',
  symptom: 'no stalls as long as the NAT has enough ports for rate x 60 s',
  mimics:
    'the remedy: FortiGate tcp-timewait-timer 60 s; IOS NAT 60 s (vendor documents); strict, like timewait-1s',
  isRulesAlone: true,
  causes: ({ t, ports }) => [...(t < 63 ? ['early-reuse'] : []), ...(ports > 0 ? ['nat-ports'] : [])],
  takes: ['nat'],
  vary: (draw) => ({ t: draw.seconds(63, 120) }),
  parameters: timeWaitParameters(60),
  natPorts: sizeOfPool,
  async apply(lab, values) {
    await loadTimeWaitFirewall(lab, values, [DROP_BARE_ACK]);
  },
});
