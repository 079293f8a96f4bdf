import { medianOf } from '../median.ts';
import { type Joint, joinArms, sumUp } from '../observations/joint.ts';
import type { Gap, Observations, Symptom } from '../observations/types.ts';
import { besideOf } from './cuts.ts';
import { shareAtGaps } from './judgements.ts';
import { perSymptom } from './per-symptom.ts';

/** So many outages of one length are a timer's; the rest of their lengths is how well seconds show it. */
const FEWEST_OUTAGES = 3;
const SAME_LENGTH_SEC = 0.35;
const SAME_LENGTH_SHARE = 0.03;

/** Stalls of an arm that lie in or right beside them. */
const MOSTLY = 0.8;

/**
 * What is counted begins to drop at the same number: others that got through were this many times as many, and so many more. What seconds
 * hide is in the bounds already; this is for what a firewall counts and a run does not, such as SYNs that it sent again.
 */
const TOLERANCE = 1.1;
const SLACK = 5;

/** Limits within a time are set for a minute at most, as a rule. What was closed may go on counting for longer, but then room does not come back within seconds. */
const LONGEST_SEC = 60;

/** A low rate is at most this share of that at which an outage began; and it must have been clean for longer than a high one ever was. */
const LOW_RATE = 0.6;
const LONGER = 1.5;

/** Outages of one length each, of all arms to the same endpoint. */
interface Phases {
  readonly lengthSec: number;
  readonly times: number;
  readonly joint: Joint;
}

/**
 * Outages of one length that come at a high rate only, and that nothing which may be counted explains: a clock of its own, which a high
 * rate sets off.
 */
export const describeOwnClock = perSymptom((symptom, seen): string | undefined => {
  const phases = findPhases(symptom, seen);
  const byRate = phases === undefined ? undefined : describeByRate(phases);
  const all = byRate === undefined ? undefined : joinArms(seen.arms);
  if (phases === undefined || all === undefined || !isUncounted(phases.joint) || !isUncounted(all))
    return undefined;
  const counts = countsBefore(phases.joint);
  return `${byRate}; they began after ${Math.min(...counts)} to ${Math.max(...counts)} connections had got through, and of whatever may be counted there was more at other times`;
});

/** Whether its outages are of one length, three or more: a timer ends them, and a lower rate would tell whether a rate begins them. */
export function isEndedByTimer(symptom: Symptom, seen: Observations): boolean {
  return findPhases(symptom, seen) !== undefined;
}

/** Outages of one length that the arm shares, if most of its stalls are in such. */
function findPhases(symptom: Symptom, seen: Observations): Phases | undefined {
  if (symptom.kind !== 'stalled' || shareAtGaps(symptom) < MOSTLY) return undefined;
  const joint = joinArms(besideOf(symptom, seen));
  if (joint === undefined) return undefined;
  const lengths = listWhole(joint).map(({ fromSec, toSec }) => toSec - fromSec);
  if (lengths.length < FEWEST_OUTAGES) return undefined;
  const lengthSec = medianOf(lengths);
  const near = Math.max(SAME_LENGTH_SEC, lengthSec * SAME_LENGTH_SHARE);
  return lengths.every((length) => Math.abs(length - lengthSec) <= near)
    ? { lengthSec, times: lengths.length, joint }
    : undefined;
}

/** Those whose beginning and end were seen: something was started all the time, and some got through before and after. */
function listWhole({ outages, started, through }: Joint): readonly Gap[] {
  return outages.filter(({ fromSec, toSec }) => {
    const [first, last] = [Math.floor(fromSec), Math.floor(toSec)];
    const isBegun = (through[first] ?? 0) > 0 || (started[first - 1] ?? 0) > 0;
    return isBegun && started.slice(first, last + 1).every((count) => count > 0) && last < started.length;
  });
}

/** That such outages began at high rates only: a low one was clean for longer than a high one ever was. */
function describeByRate({ joint, lengthSec, times }: Phases): string | undefined {
  const { started, bad, outages } = joint;
  const whole = listWhole(joint);
  const rates = whole.map(({ fromSec }) => rateAt(started, Math.floor(fromSec)));
  const high = Math.min(...rates);
  const pauses = outages.slice(1).map(({ fromSec }, index) => fromSec - outages[index]!.toSec);
  const longestSec = longestRun(started, bad, (rate) => rate > high * LOW_RATE);
  const low = longestRun(started, bad, (rate) => rate > 0 && rate <= high * LOW_RATE);
  if (pauses.length === 0 || low < Math.max(longestSec, lengthSec) * LONGER) return undefined;
  return `${times} outages of ${tenths(lengthSec)} s each at ${Math.round(high)}/s or more, and ${low} s without one at ${Math.round(high * LOW_RATE)}/s or less`;
}

/** The longest stretch of seconds, in whole seconds, in which that many were started and none failed; pauses of a second count as well. */
function longestRun(
  started: readonly number[],
  bad: readonly number[],
  fits: (ratePerSec: number) => boolean,
): number {
  let longest = 0;
  let length = 0;
  for (const [second, count] of started.entries()) {
    // Of a few a second, one second may have none.
    const isBetween = count === 0 && fits(started[second - 1] ?? 0) && fits(started[second + 1] ?? 0);
    length = (fits(count) || isBetween) && bad[second] === 0 ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** A second's own starts, or those of the one before where it began with it. */
function rateAt(started: readonly number[], second: number): number {
  return Math.max(started[second] ?? 0, started[second - 1] ?? 0);
}

/** How many got through between an outage and the next. */
function countsBefore({ outages, through }: Joint): number[] {
  const sums = sumUp(through);
  return outages.map(({ fromSec }, index) => {
    const from = index === 0 ? -1 : Math.floor(outages[index - 1]!.toSec) - 1;
    return at(sums, Math.floor(fromSec)) - at(sums, from);
  });
}

/**
 * Of each time for which something may go on counting, whether outages began at numbers that others had passed: of connections that are
 * open or were closed within that time, and of those that were opened within it, in all and since the last outage. Compares the
 * most that can have been counted as an outage began with what certainly was at other times.
 */
function isUncounted({ outages, ...counts }: Joint): boolean {
  const through = sumUp(counts.through);
  const ended = sumUp(counts.ended);
  const onsets = outages.map(({ fromSec }) => Math.floor(fromSec));
  const ends = outages.map(({ toSec }) => Math.floor(toSec));
  const lastEnd = (second: number): number => Math.max(-1, ...ends.filter((end) => end <= second));
  const sees = (sec: number): readonly Count[] => [
    {
      sure: (second) => at(through, second) - at(ended, second - sec),
      most: (second) => at(through, second) - at(ended, second - sec - 1),
      isKnown: (second) => second > sec,
    },
    {
      sure: (second) => at(through, second) - at(through, second - sec),
      most: (second) => at(through, second) - at(through, second - sec - 1),
      isKnown: (second) => second > sec,
    },
    {
      // Of the second in which an outage ended, what got through did so afterwards.
      sure: (second) => at(through, second) - at(through, Math.max(second - sec, lastEnd(second) - 1)),
      most: (second) =>
        at(through, second) - at(through, Math.max(second - sec - 1, lastEnd(second - 1) - 2)),
      isKnown: (second) => second > sec || lastEnd(second - 1) >= 0,
    },
  ];
  const seconds = counts.through.map((_, second) => second);
  return Array.from({ length: LONGEST_SEC + 1 }, (_, sec) => sec)
    .flatMap((sec) => sees(sec).filter((_, index) => sec > 0 || index === 0))
    .every(({ sure, most, isKnown }) => {
      const known = onsets.filter(isKnown).map(most);
      const mostAtOnset = Math.min(...known) * TOLERANCE + SLACK;
      return known.length > 0 && seconds.some((second) => sure(second) > mostAtOnset);
    });
}

/** What something may count, at the end of a second; of an outage that begins within it, no more than `most`. */
interface Count {
  sure(second: number): number;
  most(second: number): number;
  /** What was before the run is not known. */
  isKnown(second: number): boolean;
}

function at(sums: readonly number[], second: number): number {
  return second < 0 ? 0 : (sums[Math.min(second, sums.length - 1)] ?? 0);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
