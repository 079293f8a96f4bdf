import { dispersionOf, type IllSecond, LIKE_CHANCE } from '../observations/dispersion.ts';
import { joinArms, sumUp } from '../observations/joint.ts';
import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { besideOf } from './cuts.ts';
import { percent } from './judgements.ts';
import { refusedByIcmp } from './refusals.ts';

/** Of the seconds in which less was tried, so few refusals are enough. */
const FEWEST_LOW = 5;

/** How much more was tried in the busier seconds than in the others; and how near to each other their shares have to be. */
const RATES_APART = 1.5;
const AS_OFTEN = 0.5;

/** How many more were open in the fuller seconds than in the others, by factor and by number. */
const OPEN_APART = 3;
const OPEN_MORE = 20;

/**
 * A limit of a rate lets the same number through in each second, however many are tried: what gets through varies less than chance has
 * it, by this factor.
 */
const TOO_EVEN = 0.7;

/**
 * That connections to the endpoint are refused with the same chance each, at a high rate and at a low one, or with many open and with
 * few: whatever counts refuses none below its number, and nearly all above it.
 */
export function describeRefusedByChance(symptom: Symptom, seen: Observations): string | undefined {
  // Who sends ICMP errors sends so many a second at most (Linux: icmp_ratelimit, one to an address): their share is its own.
  if (symptom.kind !== 'refused' || refusedByIcmp(symptom) !== undefined) return undefined;
  const arms = besideOf(symptom, seen).filter(({ arm }) => arm.expect.kind !== 'refused');
  const seconds = joinSeconds(arms);
  const dispersion = dispersionOf(seconds);
  if (dispersion === undefined || dispersion > LIKE_CHANCE) return undefined;
  const { share } = sumOf(seconds);
  if (share >= AS_OFTEN) return undefined;
  const alike = describeRates(seconds) ?? (isEven(seconds, share) ? undefined : describeOpen(seconds));
  return alike === undefined
    ? undefined
    : `${percent(share)} were refused, spread over time as chance does it: ${alike}`;
}

/** Whether what got through varies from second to second less than it would if each had the same chance of it. */
function isEven(seconds: readonly Second[], share: number): boolean {
  const through = seconds.map(({ started, ill }) => started - ill);
  const mean = through.reduce((sum, count) => sum + count, 0) / seconds.length;
  const variance = through.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (seconds.length - 1);
  // Of a binomial; that the number tried differs between seconds only adds to it.
  return variance < TOO_EVEN * mean * share;
}

function describeRates(seconds: readonly Second[]): string | undefined {
  const [low, high] = halve(seconds.toSorted((a, b) => a.started - b.started));
  if (high.perSec < low.perSec * RATES_APART || !isAlike(low, high)) return undefined;
  return `${percent(low.share)} at ${Math.round(low.perSec)}/s, ${percent(high.share)} at ${Math.round(high.perSec)}/s`;
}

function describeOpen(seconds: readonly Second[]): string | undefined {
  const [low, high] = halve(seconds.toSorted((a, b) => a.open - b.open));
  if (high.open < low.open * OPEN_APART || high.open < low.open + OPEN_MORE || !isAlike(low, high))
    return undefined;
  return `${percent(low.share)} with ${Math.round(low.open)} open on average, ${percent(high.share)} with ${Math.round(high.open)}`;
}

function isAlike(low: Sum, high: Sum): boolean {
  return (
    low.ill >= FEWEST_LOW &&
    low.share >= high.share * AS_OFTEN &&
    wilsonInterval(high.ill, high.started)[1] >= low.share * AS_OFTEN
  );
}

interface Second extends IllSecond {
  /** Connections of these arms that were open as it began. */
  readonly open: number;
}

function joinSeconds(arms: readonly ArmSeen[]): Second[] {
  const joint = joinArms(arms);
  if (joint === undefined) return [];
  const [through, ended] = [sumUp(joint.through), sumUp(joint.ended)];
  return joint.started.flatMap((started, second) =>
    started === 0
      ? []
      : [
          {
            ...{ started, ill: joint.refused[second]! },
            open: Math.max(0, (through[second - 1] ?? 0) - (ended[second - 1] ?? 0)),
          },
        ],
  );
}

interface Sum extends Second {
  readonly share: number;
  readonly perSec: number;
}

function halve(seconds: readonly Second[]): [Sum, Sum] {
  const half = Math.floor(seconds.length / 2);
  return [sumOf(seconds.slice(0, half)), sumOf(seconds.slice(half))];
}

/** `open` is the mean. */
function sumOf(seconds: readonly Second[]): Sum {
  const add = (of: (second: Second) => number): number =>
    seconds.reduce((sum, second) => sum + of(second), 0);
  const [started, ill] = [add((second) => second.started), add((second) => second.ill)];
  const count = Math.max(1, seconds.length);
  return {
    ...{ started, ill, open: add(({ open }) => open) / count },
    ...{ share: ill / Math.max(1, started), perSec: started / count },
  };
}
