import type { Quantiles } from '../analysis/types.ts';
import { formatMicros } from './format.ts';

const ROWS = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof Quantiles])[];

/** A bar begins at the decade below the median: two decades of time are then two lengths of bar, whatever the unit. */
const floorOf = (us: number): number => 10 ** Math.floor(Math.log10(Math.max(1, us)));

/**
 * Quantiles as bars on a logarithmic scale, one a line; none where nothing was measured.
 * @param width columns of the longest bar, at least 1
 */
export function renderPercentileBars(quantiles: Quantiles, width: number): string[] {
  if (quantiles.count === 0) return [];
  const from = Math.log10(floorOf(quantiles.p50));
  const decades = Math.log10(Math.max(quantiles.max, 10)) - from;
  return ROWS.map(([title, key]) => {
    const share = decades <= 0 ? 1 : (Math.log10(Math.max(1, quantiles[key])) - from) / decades;
    const bar = '#'.repeat(Math.max(1, Math.round(Math.min(1, share) * width)));
    return `${title.padEnd(7)}${formatMicros(quantiles[key]).padStart(8)}  ${bar}`;
  });
}
