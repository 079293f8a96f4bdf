import { loadFirewall } from '../firewall.ts';
import { definePreset } from '../preset.ts';

export const healthy = definePreset({
  name: 'healthy',
  symptom: 'no stall at all: what every other preset is compared with',
  mimics: 'Linux NAT as it comes: ports kept where possible, TIME_WAIT 120 s (kernel default)',
  isRulesAlone: true,
  parameters: {},
  async apply(lab) {
    await loadFirewall(lab);
  },
});
