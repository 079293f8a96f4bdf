import { pnorm } from 'lib-r-math.js';
import { medianOf } from '../median.ts';
import { placesByClass, type Series } from './ranks.ts';

const TWO_SIDED_95 = 1.959964;

export interface DriftTest {
  /** Probability of such a steady rise or fall by chance. */
  readonly chance: number;
  /** Pairs of nights that rose minus pairs that fell. */
  readonly s: number;
  readonly variance: number;
  /** Units of the figure a day: the median of the slopes of all pairs. */
  readonly slope: number;
  readonly ci95: readonly [low: number, high: number];
}

/**
 * Tests for a drift: Mann and Kendall's test (Mann 1945, Econometrica 13:245; Kendall 1975), within each class as
 * Hirsch, Slack and Smith do for seasons (1982, Water Resources Research 18:107), and the slope of Theil and Sen (Sen
 * 1968, JASA 63:1379) with its interval.
 * @param inflation how many times the variance exceeds that of independent nights; see statistics.ts
 */
export function testDrift({ values, days, classes }: Series, inflation: number): DriftTest {
  const slopes: number[] = [];
  let s = 0;
  let variance = 0;
  let isExact = true;
  const groups = placesByClass(classes);
  for (const places of groups) {
    for (const [index, later] of places.entries()) {
      for (const earlier of places.subarray(0, index)) {
        const rise = values[later]! - values[earlier]!;
        s += Math.sign(rise);
        if (days[later]! > days[earlier]!) slopes.push(rise / (days[later]! - days[earlier]!));
      }
    }
    const ties = tiesOf(Array.from(places, (place) => values[place]!));
    variance += varianceOf(places.length) - ties.reduce((sum, size) => sum + varianceOf(size), 0);
    if (groups.length > 1 || ties.length > 0) isExact = false;
  }
  slopes.sort((a, b) => a - b);
  return {
    chance: isExact
      ? exactChance(Math.abs(s) / Math.sqrt(inflation), values.length)
      : normalChance(s, variance * inflation),
    s,
    variance,
    slope: slopes.length === 0 ? 0 : medianOf(slopes),
    ci95: slopeLimits(slopes, variance * inflation),
  };
}

/** Of S without ties (Kendall 1975, 4.3); what ties take away has the same form. */
function varianceOf(size: number): number {
  return (size * (size - 1) * (2 * size + 5)) / 18;
}

/** Sizes of the groups of equal values. */
function tiesOf(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
}

/** Continuity correction: S is moved by one towards 0, because it is discrete (Kendall 1975, 4.6). */
function normalChance(s: number, variance: number): number {
  if (variance === 0 || s === 0) return 1;
  return 2 * pnorm(-Math.max(0, Math.abs(s) - 1) / Math.sqrt(variance));
}

/** From the number of permutations by their number of falling pairs, built up night by night. */
function exactChance(size: number, nights: number): number {
  let shares = Float64Array.of(1);
  for (let night = 2; night <= nights; night += 1) {
    const next = new Float64Array(shares.length + night - 1);
    let window = 0;
    for (let falls = 0; falls < next.length; falls += 1) {
      window += (shares[falls] ?? 0) - (falls >= night ? (shares[falls - night] ?? 0) : 0);
      next[falls] = Math.max(0, window / night);
    }
    shares = next;
  }
  const pairs = (nights * (nights - 1)) / 2;
  // S changes in steps of two.
  const most = Math.floor((pairs - size) / 2 + 1e-9);
  const tail = shares.subarray(0, most + 1).reduce((sum, share) => sum + share, 0);
  return Math.min(1, 2 * tail);
}

/** Sen 1968: as many slopes from either end as S would be off by chance. */
function slopeLimits(slopes: readonly number[], variance: number): readonly [number, number] {
  const reach = TWO_SIDED_95 * Math.sqrt(variance);
  const low = Math.max(0, Math.floor((slopes.length - reach) / 2) - 1);
  return [slopes[low] ?? 0, slopes[slopes.length - 1 - low] ?? 0];
}
