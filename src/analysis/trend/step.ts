import { createRandom, shuffleAt } from '../../random.ts';
import { normalScores, placesByClass, type Series } from './ranks.ts';

/** Minimum number of nights on either side of a step: with fewer, one unusual night would look like a change. */
const MIN_SIDE = 3;

/** Permutations to try, and how many as extreme as the true order suffice to attribute it to chance. */
const MAX_ORDERS = 99_999;
const ENOUGH_EXTREME = 100;

/** Any number; fixed, so that the same nights give the same verdict. */
const SEED = 20_261_121;

/** Statistics that differ by less are equal but for the order of summation. */
const ROUNDING = 1e-9;

/**
 * Splits within this distance of the best one, in squares of the statistic, are equally plausible: the 95 % point of
 * chi squared with one degree of freedom, as for a likelihood ratio.
 */
const PLAUSIBLE = 3.84;

export interface StepTest {
  /** Probability of such a clear step by chance: the share of random permutations of the nights that show one. */
  readonly chance: number;
  /** Number of nights before the step. */
  readonly split: number;
  /** The first and last split that are about as plausible. */
  readonly plausible: readonly [first: number, last: number];
}

/** Where a step would be, if there is one: number of nights before it. */
export function findSplit(series: Series): number {
  const scores = normalScores(series);
  return indexOfLargest(statisticsOf(scores, scalesOf(scores, series.classes)));
}

/**
 * Tests for one step: the largest standardised difference in normal scores between the nights before and after, over
 * all possible positions (maximally selected rank statistics, Lausen and Schumacher 1992, Biometrics 48:73), compared
 * with the same statistic of the nights in other orders. The related test of Pettitt (1979) is insensitive to steps
 * near either end, which is where a trend is examined.
 * @param inflation how many times the variance exceeds that of independent nights; see statistics.ts
 */
export function testStep(series: Series, inflation: number): StepTest {
  const scores = normalScores(series);
  const scale = scalesOf(scores, series.classes);
  const statistics = statisticsOf(scores, scale);
  const split = indexOfLargest(statistics);
  const largest = statistics[split] ?? 0;
  const isPlausible = (at: number): boolean => statistics[at]! ** 2 >= largest ** 2 - PLAUSIBLE * inflation;
  const plausible = [...statistics.keys()].filter((at) => scale[at]! > 0 && isPlausible(at));
  return {
    chance: largest === 0 ? 1 : chanceOf(largest / Math.sqrt(inflation), scores, scale, series.classes),
    split,
    plausible: [plausible[0] ?? split, plausible.at(-1) ?? split],
  };
}

/**
 * The reciprocal standard deviation of the sum of the first scores, by their number; 0 where no split is considered.
 */
export function scalesOf(scores: Float64Array, classes: readonly number[]): Float64Array {
  const length = scores.length;
  const variances = new Float64Array(length);
  for (const places of placesByClass(classes)) {
    const size = places.length;
    if (size < 2) continue;
    const squares = places.reduce((sum, place) => sum + scores[place]! ** 2, 0);
    let before = 0;
    for (let split = 0; split < length; split += 1) {
      variances[split] = variances[split]! + (squares * before * (size - before)) / (size * (size - 1));
      if (places[before] === split) before += 1;
    }
  }
  return variances.map((variance, split) =>
    split < MIN_SIDE || split > length - MIN_SIDE || variance < ROUNDING ? 0 : 1 / Math.sqrt(variance),
  );
}

function statisticsOf(scores: Float64Array, scale: Float64Array): Float64Array {
  let sum = 0;
  return scale.map((factor, split) => {
    if (split > 0) sum += scores[split - 1]!;
    return Math.abs(sum) * factor;
  });
}

/** The largest of the statistics, without keeping them. */
export function largestStatistic(scores: Float64Array, scale: Float64Array): number {
  let sum = 0;
  let largest = 0;
  for (let split = 1; split < scores.length; split += 1) {
    sum += scores[split - 1]!;
    const size = Math.abs(sum) * scale[split]!;
    if (size > largest) largest = size;
  }
  return largest;
}

/**
 * Stops early once enough permutations are as extreme: the estimate stays honest (Besag and Clifford 1991, Biometrika
 * 78:301).
 */
function chanceOf(
  observed: number,
  scores: Float64Array,
  scale: Float64Array,
  classes: readonly number[],
): number {
  const shuffled = scores.slice();
  const places = placesByClass(classes);
  const random = createRandom(SEED);
  let extreme = 0;
  for (let order = 1; order <= MAX_ORDERS; order += 1) {
    for (const list of places) shuffleAt(shuffled, list, random);
    if (largestStatistic(shuffled, scale) >= observed - ROUNDING) extreme += 1;
    if (extreme === ENOUGH_EXTREME) return extreme / order;
  }
  return (extreme + 1) / (MAX_ORDERS + 1);
}

function indexOfLargest(values: Float64Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
