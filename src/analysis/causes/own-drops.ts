import type { Observations, Symptom } from '../observations/types.ts';
import { MOST, shareAnswered } from './judgements.ts';

/** This machine's own drops account for the stalls from here on. */
const OWN_SHARE = 0.8;
const OWN_DROPS = [
  /^conntrack\.(drop|insert_failed)$/,
  /^IpOut(NoRoutes|Discards)$/,
  /^TcpExtTCPRetransFail$/,
];

/** Counters of this machine that tell of packets that never left it, or were thrown away as they came. */
export const DROPS = [
  /^TcpExtTCPRetransFail$/,
  /^Ip(Out(NoRoutes|Discards)|FragFails|InDiscards|ReasmFails)$/,
  /^conntrack\.(drop|insert_failed|early_drop|chaintoolong)$/,
  /\.(tx|rx)_(dropped|errors|fifo|carrier)$/,
  /\.qdisc_drops$/,
  /^softnet\.dropped$/,
];

/** A SYN that stalls is sent again, and dropped again: more than this, for each stall, are not of this run alone. */
export const COPIES = 10;

/** Packets that this machine's own counters tell of: they never left it, or were thrown away as they came. */
export function countOwnDrops(near: NonNullable<Observations['near']>): number {
  return Object.entries(near).reduce(
    (sum, [name, count]) => sum + (count > 0 && DROPS.some((pattern) => pattern.test(name)) ? count : 0),
    0,
  );
}

/** That this machine dropped as many itself as handshakes stalled. */
export function describeOwnDrops({ near = {}, ownDrops, arms, engine }: Observations): string | undefined {
  const stalls = arms.reduce((sum, { stalled }) => sum + stalled, 0);
  const counted =
    engine === 'packet'
      ? []
      : Object.entries(near).filter(([name, count]) => count > 0 && OWN_DROPS.some((one) => one.test(name)));
  const dropped = Math.max(
    ownDrops,
    counted.reduce((sum, [, count]) => sum + count, 0),
  );
  if (dropped === 0 || dropped < stalls * OWN_SHARE || dropped > stalls * COPIES) return undefined;
  const names = counted.map(([name, count]) => `${name} ${count}`).join(', ');
  return `this machine itself dropped ${dropped} packets${names === '' ? '' : ` (${names})`}, for ${stalls} stalls`;
}

/** What packets show of a SYN that this machine kept, or the first of it. */
export const NEVER_LEFT = ['not-seen', 'left-late'] as const;

/** That stalled SYNs were never seen to leave: a capture takes them after the rules and the queue of this machine. */
export function describeUnseen(symptom: Symptom): string | undefined {
  const unseen = shareAnswered(symptom, NEVER_LEFT);
  return unseen !== undefined && unseen.count >= unseen.seen * MOST
    ? `${unseen.count} of ${unseen.seen} SYNs were never seen to leave this machine`
    : undefined;
}
