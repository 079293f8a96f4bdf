import { loadFirewall } from '../firewall.ts';
import { definePreset } from '../preset.ts';

export const healthy = definePreset({
  name: 'healthy',
  symptom: 'no stalls: the baseline for every other preset',
  mimics: 'Linux NAT by default: ports preserved where possible, TIME_WAIT 120 s (kernel default)',
  isRulesAlone: true,
  causes: [],
  parameters: {},
  async apply(lab) {
    await loadFirewall(lab);
  },
});
