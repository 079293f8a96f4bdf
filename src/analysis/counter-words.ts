import type { HostCounters } from '../metrics/types.ts';
import type { Summary } from './types.ts';

/** What a counter counts, by its name; those that move in every run have none. */
const WORDS: readonly (readonly [name: RegExp, words: string])[] = [
  [/^TcpExtTCPRetransFail$/, 'segments to be sent again never left'],
  [/^IpOut(NoRoutes|Discards)$|^IpFragFails$/, 'packets never left'],
  [/^IpIn(Discards|AddrErrors|NoRoutes)$|^IpReasmFails$/, 'packets were thrown away as they came'],
  [/^TcpIn(Errs|CsumErrors)$/, 'damaged segments came'],
  [/^TcpExtListen(Overflows|Drops)$/, 'connections found an accept queue full'],
  [/^TcpExtTCPReqQFull(Drop|DoCookies)$/, 'SYNs found the queue for them full'],
  [/^TcpExtTCP(BacklogDrop|MinTTLDrop|DeferAcceptDrop)$/, 'segments were dropped by a socket'],
  [/^TcpExtPAWS(Active|Estab|Timewait)$/, 'segments were refused for an older timestamp'],
  [/^TcpExtTSEcrRejected$/, 'SYN-ACKs were refused for a timestamp that was never sent'],
  [/^TcpExtTCPACKSkippedTimeWait$/, 'answers out of TIME_WAIT were held back, as there were many'],
  [/^TcpExtTCPTimeWaitOverflow$/, 'connections found no room in TIME_WAIT'],
  [/^TcpExtTCPChallengeACK$/, 'SYNs or RSTs hit a living connection'],
  [/^TcpExtTCPAbort(OnMemory|Failed)$/, 'connections were given up for lack of memory'],
  [/^IcmpIn(DestUnreachs|TimeExcds)$/, 'ICMP errors came'],
  [/^conntrack\.drop$/, 'packets were dropped as the conntrack table was full'],
  [/^conntrack\.insert_failed$/, 'connections clashed with one that conntrack knew'],
  [/^conntrack\.early_drop$/, 'connections were forgotten by conntrack to make room'],
  [/^conntrack\.chaintoolong$/, 'connections found no room in the hash table of conntrack'],
  [/\.tx_(dropped|errors|fifo|carrier)$/, 'packets were lost by an interface on their way out'],
  [/\.rx_(dropped|errors|fifo)$/, 'packets were lost by an interface as they came'],
  [/\.qdisc_drops$/, 'packets were dropped by a queue on their way out'],
  [/^softnet\.dropped$/, 'packets were dropped as a processor could not keep up'],
];

/** Fewer SYNs than attempts by more than this share is worth a word. */
const MISSING_SHARE = 0.01;

/** What counters of the kernels say about a run; empty where none moved that tells of anything. Observations, not causes. */
export function describeCounters(summary: Pick<Summary, 'run' | 'arms' | 'hostCounters' | 'farCounters'>): {
  readonly near: readonly string[];
  readonly far: readonly string[];
} {
  const { hostCounters: near = {}, farCounters: far = {} } = summary;
  return {
    near: [...describeSyns(summary), ...describe(near)],
    far: [...describeAccepted(far), ...describe(far)],
  };
}

function describe(counters: HostCounters): string[] {
  return Object.entries(counters).flatMap(([name, count]) => {
    const [, words] = WORDS.find(([pattern]) => pattern.test(name)) ?? [];
    return words === undefined || count <= 0 ? [] : [`${count} ${words} (${name})`];
  });
}

/** The packet engine's SYNs are no concern of the kernel. */
function describeSyns({ run, arms, hostCounters }: Pick<Summary, 'run' | 'arms' | 'hostCounters'>): string[] {
  const { TcpActiveOpens: opened = 0, TcpExtTCPSynRetrans: again = 0 } = hostCounters ?? {};
  if (hostCounters === undefined || run.engine === 'packet') return [];
  const attempts = Object.values(arms).reduce(
    (sum, { started, ramp }) => sum + started + (ramp?.started ?? 0),
    0,
  );
  if (again === 0 && opened >= attempts * (1 - MISSING_SHARE)) return [];
  return [
    `${opened} connections opened (TcpActiveOpens) for ${attempts} attempts, ${again} SYNs or SYN-ACKs sent again (TcpExtTCPSynRetrans)`,
  ];
}

function describeAccepted({
  TcpPassiveOpens: accepted = 0,
  TcpExtTCPSynRetrans: again = 0,
}: HostCounters): string[] {
  if (again === 0) return [];
  return [
    `${accepted} connections accepted (TcpPassiveOpens), ${again} SYN-ACKs or SYNs sent again (TcpExtTCPSynRetrans)`,
  ];
}
