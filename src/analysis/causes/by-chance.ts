import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { besideOf } from './cuts.ts';
import { percent } from './judgements.ts';

/** Fewer refusals have no pattern; of the seconds in which less was tried, so few are enough. */
const FEWEST = 20;
const FEWEST_LOW = 5;

/** Up to this variance over that of independent chance. */
const LIKE_CHANCE = 1.6;

/** How much more was tried in the busier seconds than in the others; and how near to each other their shares have to be. */
const RATES_APART = 1.5;
const AS_OFTEN = 0.5;

interface Second {
  started: number;
  refused: number;
}

/**
 * That connections to the endpoint are refused with the same chance each, at a high rate and at a low one: whatever counts refuses
 * none below its number, and nearly all above it.
 */
export function describeRefusedByChance(symptom: Symptom, seen: Observations): string | undefined {
  if (symptom.kind !== 'refused') return undefined;
  const seconds = joinSeconds(besideOf(symptom, seen));
  const all = sumOf(seconds);
  if (all.refused < FEWEST || all.refused >= all.started * AS_OFTEN) return undefined;
  const rate = all.refused / all.started;
  const squares = seconds.reduce((sum, { started, refused }) => {
    const expected = started * rate;
    return sum + (refused - expected) ** 2 / (expected * (1 - rate));
  }, 0);
  if (squares / (seconds.length - 1) > LIKE_CHANCE) return undefined;
  const sorted = seconds.toSorted((a, b) => a.started - b.started);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted.slice(0, half), sorted.slice(half)].map((part) => ({
    ...sumOf(part),
    perSec: part.reduce((sum, { started }) => sum + started, 0) / Math.max(1, part.length),
  })) as [Second & { perSec: number }, Second & { perSec: number }];
  if (low.refused < FEWEST_LOW || high.perSec < low.perSec * RATES_APART) return undefined;
  const [lowShare, highShare] = [low.refused / low.started, high.refused / high.started];
  if (lowShare < highShare * AS_OFTEN || wilsonInterval(high.refused, high.started)[1] < lowShare * AS_OFTEN)
    return undefined;
  return `${percent(rate)} were refused, spread over time as chance does it: ${percent(lowShare)} at ${Math.round(low.perSec)}/s, ${percent(highShare)} at ${Math.round(high.perSec)}/s`;
}

function joinSeconds(arms: readonly ArmSeen[]): Second[] {
  const bySecond = new Map<number, Second>();
  for (const { series, arm } of arms) {
    if (arm.expect.kind === 'refused') continue;
    for (const [second, { started, refused }] of series.bySecond) {
      const sum = bySecond.get(second) ?? { started: 0, refused: 0 };
      bySecond.set(second, sum);
      sum.started += started;
      sum.refused += refused;
    }
  }
  return [...bySecond.values()]
    .filter(({ started }) => started > 0)
    .map(({ started, refused }) => ({ started, refused: Math.min(started, refused) }));
}

function sumOf(seconds: readonly Second[]): Second {
  return {
    started: seconds.reduce((sum, { started }) => sum + started, 0),
    refused: seconds.reduce((sum, { refused }) => sum + refused, 0),
  };
}
