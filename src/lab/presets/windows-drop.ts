import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { definePreset } from '../preset.ts';

export const windowsDrop = definePreset({
  name: 'windows-drop',
  symptom: 'SYNs that look like those of Windows vanish (no timestamps, TTL from 128 down); others never do',
  mimics:
    'a firewall or load balancer that mistakes the SYNs of one kind of client for forged ones (common knowledge)',
  isRulesAlone: true,
  causes: ['client-identity'],
  parameters: {},
  async apply(lab) {
    // The firewall has taken one from the TTL when it forwards.
    await loadFirewall(lab, {
      forward: [`${OUTGOING_SYN} ip ttl 65-128 tcp option timestamp missing drop`],
    });
  },
});
