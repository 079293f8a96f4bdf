import type { Quantiles } from '../../analysis/types.ts';
import type { Histogram } from '../../metrics/histogram.ts';
import { formatMicros } from '../format.ts';
import type { Figure } from './figure.ts';
import { type ArmSide, sideLabel } from './sides.ts';

const TIMES = [
  { timed: 'handshake', figure: 'handshakeUs', label: 'handshake', dash: [] },
  { timed: 'firstByte', figure: 'firstByteUs', label: 'first byte', dash: [8, 4] },
  { timed: 'total', figure: 'totalUs', label: 'total', dash: [2, 3] },
] as const;

/** Points a decade of 1 / (1 - share). */
const POINTS_A_DECADE = 30;

/** The slowest attempt of all is drawn as wide as the one before it: from one in N to one in 2 N. */
const SLOWEST = 2;

/** Shares that summary.json names: they are drawn exactly. */
const NAMED = [0.5, 0.9, 0.99, 0.999] as const;

const QUANTILES = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof Quantiles])[];

/**
 * Latency against the share of attempts that were at least as quick, the slowest hundredth drawn as wide as the rest.
 */
export function percentileFigure(arm: string, sides: readonly ArmSide[]): Figure | undefined {
  const drawn = sides.flatMap((side) =>
    TIMES.flatMap((time) => {
      const histogram = side.run.histograms.get(`${arm}.${time.timed}`);
      return histogram === undefined || histogram.totalCount === 0 ? [] : [{ side, time, histogram }];
    }),
  );
  if (drawn.length === 0) return undefined;
  const most = drawn.reduce((max, { histogram }) => Math.max(max, histogram.totalCount), 0);
  const at = oddsUpTo(most);
  return {
    id: 'percentiles',
    heading: 'Latency by percentile',
    note: 'Time from when each attempt was due until the connection was established, the first byte of the response, and its last byte. A step means that some of the attempts met something that the others did not.',
    plots: [
      {
        title: '',
        x: { label: 'percentile', scale: 'percentile', unit: 'percentile', range: [1, at.at(-1) ?? 10] },
        y: { label: 'latency', scale: 'log', unit: 'us' },
        at,
        series: drawn.map(({ side, time, histogram }) => ({
          label: sideLabel(side.side, time.label),
          colour: sides.length > 1 ? side.index : TIMES.indexOf(time) + 2,
          dash: time.dash,
          look: 'line' as const,
          y: at.map((odds) =>
            odds > SLOWEST * histogram.totalCount * 1.0001 ? null : timeAt(histogram, odds),
          ),
        })),
        spans: [],
        marks: [],
      },
    ],
    table: {
      columns: [
        { title: 'latency', align: 'left' },
        ...QUANTILES.map(([title]) => ({ title, align: 'right' }) as const),
      ],
      rows: drawn.map(({ side, time }) => [
        sideLabel(side.side, time.label),
        ...QUANTILES.map(([, key]) => formatMicros(side.summary[time.figure][key])),
      ]),
    },
  };
}

/** One in how many is slower: from 1 to beyond the number of attempts, the named quantiles among them. */
function oddsUpTo(count: number): number[] {
  const most = SLOWEST * Math.max(10, count);
  const decades = Math.log10(most);
  const even = Array.from(
    { length: Math.floor(decades * POINTS_A_DECADE) + 1 },
    (_, index) => 10 ** (index / POINTS_A_DECADE),
  );
  const named = NAMED.map((share) => Math.round(1 / (1 - share))).filter((odds) => odds <= count);
  const all = [...even, ...named, most].map((odds) => Number(odds.toPrecision(6)));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** As quantilesOf: the library answers with the upper end of a bucket, which may lie beyond the largest value seen. */
function timeAt(histogram: Histogram, odds: number): number {
  if (odds > histogram.totalCount) return Math.max(1, histogram.maxValue);
  const percentile = Number(((1 - 1 / odds) * 100).toPrecision(12));
  return Math.max(1, Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue));
}
