import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { definePreset } from '../preset.ts';

export const fastOpenDrop = definePreset({
  name: 'fast-open-drop',
  symptom:
    'SYNs with the TCP Fast Open option, or with data, vanish; sent again without, a second later, they pass',
  mimics: 'firewalls that know no SYN with data (RFC 7413, section 7.1)',
  isRulesAlone: true,
  causes: ['client-identity'],
  parameters: {},
  async apply(lab) {
    await loadFirewall(lab, { forward: [`${OUTGOING_SYN} tcp option fastopen exists drop`] });
  },
});
