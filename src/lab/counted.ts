import { oneOf } from './parameters.ts';

/** What a limit counts by: all connections together, those of one client, or those to one port. */
const KEYS = {
  source: { type: 'ipv4_addr', match: 'ip saddr' },
  port: { type: 'inet_service', match: 'tcp dport' },
} as const;

export type CountedBy = 'all' | keyof typeof KEYS;

export function countedBy() {
  return oneOf(['all', 'source', 'port'], {
    help: 'what has a limit of its own: all connections together, each client, or each destination port',
    fallback: 'all',
  });
}

/** What becomes of a SYN that is not let through. */
const ANSWERS = {
  drop: 'drop',
  reset: 'reject with tcp reset',
  icmp: 'reject with icmp admin-prohibited',
} as const;

export type Answer = keyof typeof ANSWERS;

export function answerTo(what: string) {
  return oneOf(['drop', 'reset', 'icmp'], {
    help: `what ${what} meets: nothing, an RST, or ICMP admin-prohibited`,
    fallback: 'drop',
  });
}

/** As many as clients can be; more keys than a set holds would have no limit at all (measured). */
const MOST_KEYS = 65_535;

/**
 * A rule, and the set it needs, that answers SYNs beyond a limit.
 * @param name of the set
 * @param limit an nftables statement such as `ct count over 5`
 */
export function limitRule(
  name: string,
  match: string,
  by: CountedBy,
  limit: string,
  answer: Answer,
): { readonly declarations: readonly string[]; readonly rule: string } {
  if (by === 'all') return { declarations: [], rule: `${match} ${limit} ${ANSWERS[answer]}` };
  const key = KEYS[by];
  return {
    declarations: [`set ${name} { type ${key.type}; flags dynamic; size ${MOST_KEYS}; }`],
    rule: `${match} add @${name} { ${key.match} ${limit} } ${ANSWERS[answer]}`,
  };
}
