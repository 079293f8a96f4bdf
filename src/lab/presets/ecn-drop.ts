import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const ecnDrop = definePreset({
  name: 'ecn-drop',
  symptom: 'SYNs that ask for ECN vanish; sent again without, a second later, they pass',
  mimics: 'firewalls that take the two ECN bits for an attack (RFC 3168, section 6.1.1.1)',
  causes: ['client-identity'],
  parameters: {
    ecn: oneOf(['off', 'on'], {
      help: 'whether all clients ask for ECN (net.ipv4.tcp_ecn), and so stall',
      fallback: 'off',
    }),
  },
  async apply(lab, { ecn }) {
    await loadFirewall(lab, { forward: [`${OUTGOING_SYN} tcp flags & (ecn|cwr) == (ecn|cwr) drop`] });
    await lab.client.setSysctls({ 'net.ipv4.tcp_ecn': ecn === 'on' ? 1 : 2 });
  },
});
