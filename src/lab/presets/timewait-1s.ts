import { definePreset } from '../preset.ts';
import {
  DROP_BARE_ACK,
  loadTimeWaitFirewall,
  sizeOfPool,
  timeWaitParameters,
  varyTimeWait,
} from '../timewait.ts';

export const timewait1s = definePreset({
  name: 'timewait-1s',
  symptom: 'handshakes freeze for seconds if a port is reused between 1 s and 60 s after its last use',
  mimics:
    'FortiGate tcp-timewait-timer 1 s, Juniper MX services close-timeout 1 s (vendor documents), and a strict firewall that drops the bare ACK',
  isRulesAlone: true,
  causes: ['early-reuse'],
  takes: ['nat'],
  vary: varyTimeWait,
  parameters: timeWaitParameters(1),
  natPorts: sizeOfPool,
  async apply(lab, values) {
    await loadTimeWaitFirewall(lab, values, [DROP_BARE_ACK]);
  },
});
