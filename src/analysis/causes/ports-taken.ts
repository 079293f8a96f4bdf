import type { Observations, Symptom } from '../observations/types.ts';
import { besideOf } from './cuts.ts';
import { fatesOf, MOST } from './judgements.ts';

/** Fewer missed SYNs, or handshakes after the first of them, are an accident. */
const FEWEST = 20;

/** All ports are taken, but for those that a look of some milliseconds' error counts for free. */
const ALL = 0.97;

/** Of the handshakes after it was full for the first time, so few may have come from a port that none had before. */
const FEW_NEW = 0.1;

/** A NAT that gives each source port one of its own (RFC 4787 section 4.1) has as many as this machine used; here are more than that. */
const MORE = 1.05;

/** With fewer of its ports taken, a NAT has not run out of them. */
const FREE = 0.7;

/**
 * That a good part of the ports that the far side saw in this run were free as SYNs did not arrive: whatever dropped those, a NAT had
 * ports for them.
 */
export function describePortsFree(symptom: Symptom, seen: Observations): string | undefined {
  const taken = seen.both?.nat.ports;
  if (taken === undefined || !isUnseen(symptom, seen) || taken.missed < FEWEST) return undefined;
  const { ports, takenMost, takenMostByMany = takenMost, restUs } = taken;
  // What was never seen again may rest for long: then all count for taken. One port that was given again early says nothing of others.
  return restUs !== null && takenMostByMany <= ports * FREE
    ? `of ${ports} external ports that the far side saw no more than ${takenMostByMany} were taken as SYNs did not arrive`
    : undefined;
}

function isUnseen(symptom: Symptom, seen: Observations): boolean {
  const fates = symptom.kind === 'stalled' ? fatesOf(symptom, seen) : undefined;
  return fates !== undefined && (fates.counts.get('not-seen') ?? 0) >= fates.matched * MOST;
}

/**
 * That a NAT has so many ports and no more, and that all of them were taken whenever SYNs did not arrive, as the far side saw it.
 * Whatever else drops SYNs knows nothing of the ports that a NAT would have given them.
 */
export function describePortsTaken(symptom: Symptom, seen: Observations): string | undefined {
  const { both } = seen;
  const taken = both?.nat.ports;
  if (taken === undefined || (both!.nat.kind !== 'random' && both!.nat.kind !== 'sequential'))
    return undefined;
  if (!isUnseen(symptom, seen)) return undefined;
  const { ports, missed, later, laterNew } = taken;
  // One port that was given again early says nothing of how long the others rest.
  const takenMedian = taken.takenMedianByMany ?? taken.takenMedian;
  const own = countOwnPorts(symptom, seen);
  return missed >= FEWEST &&
    later >= FEWEST &&
    laterNew <= later * FEW_NEW &&
    takenMedian >= ports * ALL &&
    own > ports * MORE
    ? `the far side saw ${ports} external ports and no others, over and over again, though ${own} of this machine's got through, and ${takenMedian} of them were taken as SYNs did not arrive`
    : undefined;
}

/** Source ports of this machine from which connections to the same endpoints were established; at the least. */
function countOwnPorts(symptom: Symptom, seen: Observations): number {
  return besideOf(symptom, seen).reduce((sum, { arm: { source }, summary: { established } }) => {
    const range = source?.ports?.range;
    return sum + (range === undefined ? 0 : Math.min(established, range.to - range.from + 1));
  }, 0);
}
