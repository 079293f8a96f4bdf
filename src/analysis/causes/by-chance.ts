import { dispersionOf, type IllSecond, LIKE_CHANCE } from '../observations/dispersion.ts';
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

/**
 * That connections to the endpoint are refused with the same chance each, at a high rate and at a low one: whatever counts refuses
 * none below its number, and nearly all above it.
 */
export function describeRefusedByChance(symptom: Symptom, seen: Observations): string | undefined {
  // Who sends ICMP errors sends so many a second at most (Linux: icmp_ratelimit, one to an address): their share is its own.
  if (symptom.kind !== 'refused' || refusedByIcmp(symptom) !== undefined) return undefined;
  const seconds = joinSeconds(besideOf(symptom, seen)).toSorted((a, b) => a.started - b.started);
  const dispersion = dispersionOf(seconds);
  if (dispersion === undefined || dispersion > LIKE_CHANCE) return undefined;
  const half = Math.floor(seconds.length / 2);
  const [all, low, high] = [seconds, seconds.slice(0, half), seconds.slice(half)].map(sumOf) as [
    Sum,
    Sum,
    Sum,
  ];
  if (all.share >= AS_OFTEN || low.ill < FEWEST_LOW || high.perSec < low.perSec * RATES_APART)
    return undefined;
  if (low.share < high.share * AS_OFTEN || wilsonInterval(high.ill, high.started)[1] < low.share * AS_OFTEN)
    return undefined;
  return `${percent(all.share)} were refused, spread over time as chance does it: ${percent(low.share)} at ${Math.round(low.perSec)}/s, ${percent(high.share)} at ${Math.round(high.perSec)}/s`;
}

function joinSeconds(arms: readonly ArmSeen[]): IllSecond[] {
  const bySecond = new Map<number, IllSecond>();
  for (const { series, arm } of arms) {
    if (arm.expect.kind === 'refused') continue;
    for (const [second, { started, refused }] of series.bySecond) {
      const sum = bySecond.get(second) ?? { started: 0, ill: 0 };
      bySecond.set(second, { started: sum.started + started, ill: sum.ill + refused });
    }
  }
  return [...bySecond.values()]
    .filter(({ started }) => started > 0)
    .map(({ started, ill }) => ({ started, ill: Math.min(started, ill) }));
}

interface Sum extends IllSecond {
  readonly share: number;
  readonly perSec: number;
}

function sumOf(seconds: readonly IllSecond[]): Sum {
  const started = seconds.reduce((sum, second) => sum + second.started, 0);
  const ill = seconds.reduce((sum, second) => sum + second.ill, 0);
  return { started, ill, share: ill / Math.max(1, started), perSec: started / Math.max(1, seconds.length) };
}
