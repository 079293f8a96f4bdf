import type { Quantiles, Summary } from '../analysis/types.ts';
import { formatCount, formatMicros } from './format.ts';
import { renderSparkline } from './sparkline.ts';
import { wrapHanging } from './wrap.ts';

const BAR_WIDTH = 40;
/** Width of the label before a bar. */
const BAR_HEAD = 19;
const MARGIN = 2;

export interface TimeSeriesLook {
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether it shows block elements. */
  readonly unicode: boolean;
}

/**
 * Stalls over time and handshakes by percentile, for each arm; ends with a line feed.
 * @param stalled by the second, by arm
 */
export function renderTimeSeries(
  { arms }: Summary,
  stalled: ReadonlyMap<string, readonly number[]>,
  { width, unicode }: TimeSeriesLook,
): string {
  const room = Math.max(20, Math.min(96, width - MARGIN));
  const bar = Math.max(8, Math.min(BAR_WIDTH, width - BAR_HEAD));
  const blocks = Object.entries(arms).map(([name, arm]) => {
    const perSecond = stalled.get(name) ?? [];
    const most = perSecond.reduce((max, count) => Math.max(max, count), 0);
    const line = renderSparkline(perSecond, room, unicode);
    return [
      ...(most === 0
        ? []
        : [
            ...wrapHanging(
              `${name}: stalled by the second, 0-${perSecond.length} s, at most ${formatCount(most)} in one`,
              width,
              2,
            ),
            `  ${line}`,
          ]),
      ...(arm.handshakeUs.count === 0
        ? []
        : [
            ...wrapHanging(`${name}: handshake by percentile, on a logarithmic scale`, width, 2),
            ...renderPercentileBars(arm.handshakeUs, bar).map((bar) => `  ${bar}`),
          ]),
    ].join('\n');
  });
  const text = blocks.filter((block) => block !== '').join('\n\n');
  return text === '' ? '' : `\n${text}\n`;
}

const ROWS = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof Quantiles])[];

/** Bars begin at the decade below the median, so that decades have equal length whatever the unit. */
const floorOf = (us: number): number => 10 ** Math.floor(Math.log10(Math.max(1, us)));

/**
 * Quantiles as bars on a logarithmic scale, one per line; none if nothing was measured.
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
