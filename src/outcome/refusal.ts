/** Names, used as keys of counts, for what answered a SYN. */

export const RST = 'RST';
/** The system does not report what it was: not Linux, or no koffi. */
export const CANNOT_TELL = 'cannot tell';
const ICMP = 'ICMP';
/** A system that keeps no ICMP errors of connections (Linux before 5.8) but counts segments: none had arrived. */
export const SOME_ICMP = `${ICMP}, kind not known`;

/** Codes of ICMP type 3, destination unreachable: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
const UNREACHABLE_4: Readonly<Record<number, string>> = {
  0: 'net-unreachable',
  1: 'host-unreachable',
  2: 'prot-unreachable',
  3: 'port-unreachable',
  9: 'net-prohibited',
  10: 'host-prohibited',
  13: 'admin-prohibited',
};

/** Codes of ICMPv6 type 1, destination unreachable: RFC 4443 section 3.1. */
const UNREACHABLE_6: Readonly<Record<number, string>> = {
  0: 'no-route',
  1: 'admin-prohibited',
  2: 'beyond-scope',
  3: 'addr-unreachable',
  4: 'port-unreachable',
  5: 'policy-fail',
  6: 'reject-route',
};

/**
 * `ICMP port-unreachable (3/3) from 10.0.0.1`: names as nft(8) writes them in `reject with`, type and code, and who
 * sent it.
 * @param family 6: ICMPv6
 * @param type, code 0-255
 * @param sender address; may be the far end, or a router or firewall on the way
 */
export function describeIcmp(family: 4 | 6, type: number, code: number, sender: string): string {
  const what = nameIcmp(family, type, code);
  return `${ICMP}${family === 6 ? 'v6' : ''} ${what === undefined ? '' : `${what} `}(${type}/${code}) from ${sender}`;
}

/** As nft(8) calls it; undefined: nobody does. */
export function nameIcmp(family: 4 | 6, type: number, code: number): string | undefined {
  if (family === 4 && type === 3) return UNREACHABLE_4[code];
  if (family === 6 && type === 1) return UNREACHABLE_6[code];
  // RFC 792 and RFC 4443 section 3.3.
  return type === (family === 4 ? 11 : 3) ? 'time-exceeded' : undefined;
}

/** Whether an ICMP message refused a connection, as opposed to an RST or an unknown cause. */
export function isIcmp(refusedBy: string): boolean {
  return refusedBy.startsWith(ICMP);
}

/** Parses the output of {@link describeIcmp}; undefined for anything else, and for a message without a known name. */
export function readIcmp(refusedBy: string): { readonly what: string; readonly sender: string } | undefined {
  const [, what, sender] = /^ICMP(?:v6)? (\S+) \(\d+\/\d+\) from (\S+)$/.exec(refusedBy) ?? [];
  return what === undefined || sender === undefined ? undefined : { what, sender };
}
