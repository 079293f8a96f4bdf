import type { HostCounters } from '../metrics/types.ts';
import { groupDigits } from './group-digits.ts';
import type { Summary } from './types.ts';

/** What counters count, by name; those that move in every run are left out. */
const WORDS: readonly (readonly [name: RegExp, words: string])[] = [
  [/^TcpExtTCPRetransFail$/, 'retransmissions never left'],
  [/^IpOut(NoRoutes|Discards)$|^IpFragFails$/, 'packets never left'],
  [/^IpIn(Discards|AddrErrors|NoRoutes)$|^IpReasmFails$/, 'packets were discarded on arrival'],
  [/^TcpInCsumErrors$/, 'damaged segments arrived'],
  // A SYN-ACK that comes again on an open connection counts as well (tcp_validate_incoming, net/ipv4/tcp_input.c).
  [/^TcpInErrs$/, 'segments arrived that TCP did not accept: damaged, or SYNs on open connections'],
  [/^TcpExtListen(Overflows|Drops)$/, 'connections found an accept queue full'],
  [/^TcpExtTCPReqQFull(Drop|DoCookies)$/, 'SYNs found the SYN queue full'],
  [/^TcpExtTCP(BacklogDrop|MinTTLDrop|DeferAcceptDrop)$/, 'segments were dropped by a socket'],
  [/^TcpExtPAWS(Active|Estab|Timewait)$/, 'segments were refused because of an old timestamp'],
  [/^TcpExtTSEcrRejected$/, 'SYN-ACKs were refused because they echoed a timestamp that was never sent'],
  [/^TcpExtTCPACKSkippedTimeWait$/, 'ACKs from TIME_WAIT were suppressed by the rate limit'],
  [/^TcpExtTCPTimeWaitOverflow$/, 'connections found no room in TIME_WAIT'],
  [/^TcpExtTCPChallengeACK$/, 'SYNs or RSTs hit an open connection'],
  [/^TcpExtTCPAbort(OnMemory|Failed)$/, 'connections were aborted for lack of memory'],
  [/^IcmpIn(DestUnreachs|TimeExcds)$/, 'ICMP errors came'],
  [/^conntrack\.drop$/, 'packets were dropped because the conntrack table was full'],
  [/^conntrack\.insert_failed$/, 'connections clashed with an entry in conntrack'],
  [/^conntrack\.early_drop$/, 'connections were evicted from conntrack to make room'],
  [/^conntrack\.chaintoolong$/, 'connections found no room in the conntrack hash table'],
  [/\.tx_(dropped|errors|fifo|carrier)$/, 'packets were lost by an interface on the way out'],
  [/\.rx_(dropped|errors|fifo)$/, 'packets were lost by an interface on the way in'],
  [/\.qdisc_drops$/, 'packets were dropped by a queue on the way out'],
  [/\.ingress_drops$/, 'packets were dropped by a tc filter on the way in'],
  [/^softnet\.dropped$/, 'packets were dropped because a processor could not keep up'],
];

/** A shortfall of SYNs against attempts above this share is reported. */
const MISSING_SHARE = 0.01;

/** What kernel counters say about a run; empty if no significant one moved. Observations, not causes. */
export function describeCounters(summary: Pick<Summary, 'run' | 'arms' | 'hostCounters' | 'farCounters'>): {
  readonly near: readonly string[];
  readonly far: readonly string[];
} {
  const { hostCounters: near = {}, farCounters: far = {} } = summary;
  return {
    near: [...describeSyns(summary), ...describe(near)].map(groupDigits),
    far: [...describeAccepted(far), ...describe(far)].map(groupDigits),
  };
}

function describe(counters: HostCounters): string[] {
  return Object.entries(counters).flatMap(([name, count]) => {
    const [, words] = WORDS.find(([pattern]) => pattern.test(name)) ?? [];
    return words === undefined || count <= 0 ? [] : [`${count} ${words} (${name})`];
  });
}

/** The kernel does not count the packet engine's SYNs. */
function describeSyns({ run, arms, hostCounters }: Pick<Summary, 'run' | 'arms' | 'hostCounters'>): string[] {
  const { TcpActiveOpens: opened = 0, TcpExtTCPSynRetrans: again = 0 } = hostCounters ?? {};
  if (hostCounters === undefined || run.engine === 'packet') return [];
  const attempts = Object.values(arms).reduce(
    (sum, { started, ramp }) => sum + started + (ramp?.started ?? 0),
    0,
  );
  if (again === 0 && opened >= attempts * (1 - MISSING_SHARE)) return [];
  return [
    `${opened} connections opened (TcpActiveOpens) for ${attempts} attempts, ${again} SYNs or SYN-ACKs retransmitted (TcpExtTCPSynRetrans)`,
  ];
}

function describeAccepted({
  TcpPassiveOpens: accepted = 0,
  TcpExtTCPSynRetrans: again = 0,
}: HostCounters): string[] {
  if (again === 0) return [];
  return [
    `${accepted} connections accepted (TcpPassiveOpens), ${again} SYN-ACKs or SYNs retransmitted (TcpExtTCPSynRetrans)`,
  ];
}
