import { definePreset } from '../preset.ts';
import { DROP_BARE_ACK, loadTimeWaitFirewall, timeWaitParameters } from '../timewait.ts';

export const timewait60s = definePreset({
  name: 'timewait-60s',
  symptom: 'no stall as long as the NAT has ports enough for rate x 60 s',
  mimics:
    'the cure: FortiGate tcp-timewait-timer 60 s; IOS NAT 60 s (vendor documents); strict, as timewait-1s',
  isRulesAlone: true,
  parameters: timeWaitParameters(60),
  async apply(lab, values) {
    await loadTimeWaitFirewall(lab, values, [DROP_BARE_ACK]);
  },
});
