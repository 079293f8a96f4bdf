import { PORTS } from '../addresses.ts';
import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const icmpReject = definePreset({
  name: 'icmp-reject',
  symptom:
    'no connection to a port: some SYNs meet an ICMP error of the firewall, most of a fast load silence',
  mimics:
    'a rule that rejects; Linux sends each client about one ICMP error a second (net.ipv4.icmp_ratelimit), the rest goes unanswered',
  isRulesAlone: true,
  causes: ['reject-by-policy'],
  vary: (draw) => ({ kind: draw.pick(['admin-prohibited', 'host-prohibited', 'net-prohibited']) }),
  parameters: {
    kind: oneOf(
      [
        ...['admin-prohibited', 'host-prohibited', 'net-prohibited'],
        ...['host-unreachable', 'net-unreachable', 'port-unreachable'],
      ] as const,
      { help: 'code of the ICMP error (RFC 1812, section 5.2.7.1)', fallback: 'admin-prohibited' },
    ),
    ports: oneOf(['second', 'all'], {
      help: 'to which ports: those of the second proxy and origin, or any (then no scenario starts)',
      fallback: 'second',
    }),
  },
  async apply(lab, { kind, ports }) {
    const to = ports === 'all' ? '' : `tcp dport { ${PORTS.secondProxy}, ${PORTS.secondOrigin} }`;
    await loadFirewall(lab, { forward: [`${OUTGOING_SYN} ${to} reject with icmp ${kind}`] });
  },
});
