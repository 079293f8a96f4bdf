import { chanceOfAtLeast } from './binomial.ts';
import type { SecondCounts } from './tally.ts';

/** A second in which at least this share of starts stalled is part of an outage: early reuse stalls half at most. */
const OUT_ABOVE = 0.8;

/** Shorter outages and shorter pauses are ignored: a burst of loss has the same effect. */
const SHORTEST_SEC = 1.5;

/** Longer gaps between starts are unknown: an outage before and one after count as two. */
const LONGEST_GAP_SEC = 5;

/**
 * An outage must be this unlikely at the run's own stall rate; otherwise a few attempts per second produce one by
 * chance.
 */
const LUCK = 0.001;

/** When an outage began and ended, seconds since the run's start, to a fraction of a second. */
export interface Outage extends OutageCounts {
  readonly fromSec: number;
  readonly toSec: number;
  /** Neither the run's own start nor its end cut it short. */
  readonly isWhole: boolean;
}

/**
 * Counts over the seconds in which nearly all starts failed: a stall met silence, a refusal an RST or an ICMP error.
 */
export interface OutageCounts {
  readonly started: number;
  readonly stalled: number;
  readonly refused: number;
}

interface Second extends OutageCounts {
  readonly second: number;
  /** Stalled or refused. */
  readonly bad: number;
}

/**
 * Sequences of seconds in which nearly all starts stalled or were refused. The share of a second's failed starts
 * shows how much of the second the outage took.
 */
export function listOutages(bySecond: ReadonlyMap<number, SecondCounts>): Outage[] {
  const seconds = secondsOf(bySecond);
  const usual = total(seconds, 'bad') / Math.max(1, total(seconds, 'started'));
  const outages: Outage[] = [];
  for (let first = 0; first < seconds.length; first += 1) {
    if (!isOut(seconds[first]!)) continue;
    let last = first;
    while (goesOn(seconds[last + 1], seconds[last]!)) last += 1;
    const core = seconds.slice(first, last + 1);
    const chance = chanceOfAtLeast(total(core, 'bad'), total(core, 'started'), usual);
    // If everything failed, there is no normal rate to compare with.
    if (chance * seconds.length < LUCK || core.length === seconds.length) {
      outages.push(outageBetween(seconds, first, last));
    }
    first = last;
  }
  return joinNear(outages.filter(({ fromSec, toSec }) => toSec - fromSec >= SHORTEST_SEC));
}

/**
 * The interval between two was too short for a pause: a late second, or the few connections that a full pool let
 * through.
 */
function joinNear(outages: readonly Outage[]): Outage[] {
  const joined: Outage[] = [];
  for (const outage of outages) {
    const last = joined.at(-1);
    if (last === undefined || outage.fromSec - last.toSec >= SHORTEST_SEC) joined.push(outage);
    else
      joined[joined.length - 1] = {
        fromSec: last.fromSec,
        toSec: outage.toSec,
        isWhole: last.isWhole && outage.isWhole,
        ...sumCounts([last, outage]),
      };
  }
  return joined;
}

/** From the end of each outage to the beginning of the next, seconds. */
export function pausesBetween(outages: readonly Outage[]): number[] {
  return outages.slice(1).map(({ fromSec }, index) => fromSec - outages[index]!.toSec);
}

function secondsOf(bySecond: ReadonlyMap<number, SecondCounts>): Second[] {
  return [...bySecond]
    .filter(([, { started }]) => started > 0)
    .map(([second, { started, stalled, refused }]) => ({
      second,
      ...{ started, stalled, refused },
      bad: Math.min(started, stalled + refused),
    }))
    .sort((a, b) => a.second - b.second);
}

/** An outage that begins or ends within a second stalls only that part of its starts. */
function outageBetween(seconds: readonly Second[], first: number, last: number): Outage {
  const [begins, ends] = [seconds[first]!, seconds[last]!];
  const [before, after] = [seconds[first - 1], seconds[last + 1]];
  // A second that counts as out lacks the rest of its share; if it is the only one, it is unknown at which end.
  const lacking = (second: Second): number => (1 - shareOf(second)) / (first === last ? 2 : 1);
  return {
    fromSec: begins.second + lacking(begins) - (follows(begins, before) ? shareOf(before!) : 0),
    toSec: ends.second + 1 - lacking(ends) + (follows(after, ends) ? shareOf(after!) : 0),
    isWhole: before !== undefined && after !== undefined,
    ...sumCounts(seconds.slice(first, last + 1)),
  };
}

/** The counts of all of them together. */
export function sumCounts(parts: readonly OutageCounts[]): OutageCounts {
  const sum = (what: keyof OutageCounts): number => parts.reduce((total, part) => total + part[what], 0);
  return { started: sum('started'), stalled: sum('stalled'), refused: sum('refused') };
}

function follows(later: Second | undefined, earlier: Second | undefined): boolean {
  return later !== undefined && earlier !== undefined && later.second === earlier.second + 1;
}

/** A few seconds without a start, because the load is low or this machine was late, do not end an outage. */
function goesOn(later: Second | undefined, earlier: Second): boolean {
  return later !== undefined && isOut(later) && later.second - earlier.second <= LONGEST_GAP_SEC;
}

function isOut(second: Second): boolean {
  return shareOf(second) >= OUT_ABOVE;
}

function shareOf({ started, bad }: Second): number {
  return bad / started;
}

function total(seconds: readonly Second[], what: 'started' | 'bad'): number {
  return seconds.reduce((sum, second) => sum + second[what], 0);
}
