import { chanceOfAtLeast } from './binomial.ts';
import type { SecondCounts } from './tally.ts';

/** A second in which at least this share of its starts stalled is part of an outage: early reuse stalls half at most. */
const OUT_ABOVE = 0.8;

/** Shorter ones are none, nor are shorter pauses: a burst of loss does as much. */
const SHORTEST_SEC = 1.5;

/** Nothing is known of longer gaps between starts: an outage before and one after are two. */
const LONGEST_GAP_SEC = 5;

/** An outage must be this unlikely at the run's own rate of stalls, or a few attempts a second make one by chance. */
const LUCK = 0.001;

/** When an outage began and ended, seconds since the run's start, to a fraction of a second. */
export interface Outage extends OutageCounts {
  readonly fromSec: number;
  readonly toSec: number;
  /** Neither the run's own start nor its end cut it short. */
  readonly isWhole: boolean;
}

/** Of the seconds in which nearly all starts went wrong: a stall met silence, a refusal an RST or an ICMP error. */
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
 * Runs of seconds in which nearly all starts stalled or were refused. The share of a second's starts that did says which
 * part of the second an outage took.
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
    // Where everything was out there is no usual rate to hold it against.
    if (chance * seconds.length < LUCK || core.length === seconds.length) {
      outages.push(outageBetween(seconds, first, last));
    }
    first = last;
  }
  return joinNear(outages.filter(({ fromSec, toSec }) => toSec - fromSec >= SHORTEST_SEC));
}

/** What came between two was too short for a pause: a late second, or the few that a full pool let through. */
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

/** An outage that begins or ends within a second stalls that part of its starts alone. */
function outageBetween(seconds: readonly Second[], first: number, last: number): Outage {
  const [begins, ends] = [seconds[first]!, seconds[last]!];
  const [before, after] = [seconds[first - 1], seconds[last + 1]];
  // A second that counts as out lacks the rest of its share; where it is the only one, nobody knows at which end.
  const lacking = (second: Second): number => (1 - shareOf(second)) / (first === last ? 2 : 1);
  return {
    fromSec: begins.second + lacking(begins) - (follows(begins, before) ? shareOf(before!) : 0),
    toSec: ends.second + 1 - lacking(ends) + (follows(after, ends) ? shareOf(after!) : 0),
    isWhole: before !== undefined && after !== undefined,
    ...sumCounts(seconds.slice(first, last + 1)),
  };
}

/** What was counted in all of them together. */
export function sumCounts(parts: readonly OutageCounts[]): OutageCounts {
  const sum = (what: keyof OutageCounts): number => parts.reduce((total, part) => total + part[what], 0);
  return { started: sum('started'), stalled: sum('stalled'), refused: sum('refused') };
}

function follows(later: Second | undefined, earlier: Second | undefined): boolean {
  return later !== undefined && earlier !== undefined && later.second === earlier.second + 1;
}

/** A few seconds in which nothing was started, because the load is low or this machine was late, end no outage. */
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
