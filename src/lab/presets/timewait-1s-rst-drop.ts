import { definePreset } from '../preset.ts';
import {
  DROP_CLIENT_RST,
  loadTimeWaitFirewall,
  sizeOfPool,
  timeWaitParameters,
  varyTimeWait,
} from '../timewait.ts';

export const timewait1sRstDrop = definePreset({
  name: 'timewait-1s-rst-drop',
  symptom: 'like timewait-1s, but the bare ACK reaches the client, whose RST never arrives',
  mimics: 'the same early port reuse behind a firewall that drops an RST for which it sees no connection',
  isRulesAlone: true,
  causes: ['early-reuse'],
  takes: ['nat'],
  vary: varyTimeWait,
  parameters: timeWaitParameters(1),
  natPorts: sizeOfPool,
  async apply(lab, values) {
    await loadTimeWaitFirewall(lab, values, [DROP_CLIENT_RST]);
  },
});
