import { createRandom, shuffleAt } from '../../random.ts';
import { POWER } from '../compare/power.ts';
import { normalQuantile } from '../compare/students-t.ts';
import { normalScores } from './ranks.ts';
import { largestStatistic, scalesOf } from './step.ts';

/** With fewer nights, their variation cannot be estimated. */
export const MIN_NIGHTS = 8;

const ORDERS = 20_000;
const TRIED = 200;
const SEED = 6_021;

/** Steps of more than this many standard deviations have the same ranks. */
const LARGEST_SDS = 12;
const BISECTIONS = 12;

const known = new Map<string, number | null>();
const nulls = new Map<number, Float64Array>();

/**
 * The smallest step half way through this many nights that would be detected with 80 % probability, in standard
 * deviations of a night; determined by simulating normal nights.
 * @param alpha accepted probability of a false alarm of the test for a step
 * @returns null if no step would be detected, however large: so few nights have too few orders
 */
export function smallestStepSds(nights: number, alpha: number): number | null {
  const key = `${nights} ${alpha.toPrecision(6)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = nights < minimumNights(alpha) ? null : searchSmallest(nights, alpha);
  known.set(key, found);
  return found;
}

/** How many nights are needed to distinguish even the clearest step, half way, from chance. */
export function minimumNights(alpha: number): number {
  for (let nights = MIN_NIGHTS; ; nights += 2) {
    let orders = 1;
    for (let chosen = 1; chosen <= nights / 2; chosen += 1) orders *= (nights / 2 + chosen) / chosen;
    if (2 / orders <= alpha) return nights;
  }
}

function searchSmallest(nights: number, alpha: number): number | null {
  const sorted = nullOf(nights);
  const needed = sorted[Math.min(ORDERS - 1, Math.ceil((1 - alpha) * ORDERS))]!;
  const noise = normalNights(nights);
  const isDetected = (sds: number): boolean => {
    const told = noise.filter((values) => {
      const stepped = values.map((value, index) => (index < nights / 2 ? value : value + sds));
      const scores = normalScores({ values: stepped, classes: stepped.map(() => 0) });
      return (
        largestStatistic(
          scores,
          scalesOf(
            scores,
            stepped.map(() => 0),
          ),
        ) >= needed
      );
    });
    return told.length >= POWER * TRIED;
  };
  if (!isDetected(LARGEST_SDS)) return null;
  let low = 0;
  let high = LARGEST_SDS;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (isDetected(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The largest statistic of simulated nights without a step, ascending. */
function nullOf(nights: number): Float64Array {
  const before = nulls.get(nights);
  if (before !== undefined) return before;
  const values = Array.from({ length: nights }, (_, index) => index);
  const classes = values.map(() => 0);
  const scores = normalScores({ values, classes });
  const scale = scalesOf(scores, classes);
  const places = Uint32Array.from(values);
  const random = createRandom(SEED);
  const largest = new Float64Array(ORDERS).map(() => {
    shuffleAt(scores, places, random);
    return largestStatistic(scores, scale);
  });
  largest.sort();
  nulls.set(nights, largest);
  return largest;
}

function normalNights(nights: number): number[][] {
  const random = createRandom(SEED);
  return Array.from({ length: TRIED }, () =>
    Array.from({ length: nights }, () => normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, random())))),
  );
}
