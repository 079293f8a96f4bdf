import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const icmpReject = definePreset({
  name: 'icmp-reject',
  symptom: 'no connection at all: some SYNs meet an ICMP error of the firewall, most of a fast load silence',
  mimics:
    'a rule that rejects; Linux sends each client about one ICMP error a second (net.ipv4.icmp_ratelimit), the rest goes unanswered',
  isRulesAlone: true,
  causes: ['reject-by-policy'],
  takes: ['connections'],
  vary: (draw) => ({ kind: draw.pick(['admin-prohibited', 'host-prohibited', 'net-prohibited']) }),
  parameters: {
    kind: oneOf(
      [
        ...['admin-prohibited', 'host-prohibited', 'net-prohibited'],
        ...['host-unreachable', 'net-unreachable', 'port-unreachable'],
      ] as const,
      { help: 'code of the ICMP error (RFC 1812, section 5.2.7.1)', fallback: 'admin-prohibited' },
    ),
  },
  async apply(lab, { kind }) {
    await loadFirewall(lab, { forward: [`${OUTGOING_SYN} reject with icmp ${kind}`] });
  },
});
