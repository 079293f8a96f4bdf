import type { ArmSummary } from '../analysis/types.ts';
import { type Histogram, percentileUs } from '../metrics/histogram.ts';
import { formatBytes, formatCount, formatMicros, formatPerSec } from './format.ts';
import type { Paint } from './paint.ts';
import { renderLabelled, renderTable } from './table.ts';
import { wrapHanging } from './wrap.ts';

/** The percentiles that ab prints (support/ab.c of Apache httpd, `percs`). */
const PERCENTILES = [50, 66, 75, 80, 90, 95, 98, 99, 100] as const;

/** The measured times. */
export interface Times {
  /** Their name in the heading: "handshakes", "requests". */
  readonly of: string;
  readonly histogram: Histogram;
}

/**
 * An arm's figures as expected by users of ab: requests per second, transfer, and a table of percentiles; ends with a
 * line feed, empty if nothing was completed. Statuses are shown above it, with the arm's other counts.
 * @param width columns of the terminal
 */
export function renderAbFigures(
  arm: ArmSummary,
  { of, histogram }: Times,
  width: number,
  paint: Paint,
): string {
  if (arm.completed === 0 || histogram.totalCount === 0) return '';
  const room = Math.max(40, Math.min(98, width)) - 2;
  const measuredSec = arm.achievedPerSec > 0 ? arm.started / arm.achievedPerSec : 0;
  const perSec = (count: number): number => (measuredSec > 0 ? count / measuredSec : 0);
  const rows = PERCENTILES.map((percentile) => [
    `${percentile} %`,
    formatMicros(percentileUs(histogram, percentile)),
    percentile === 100 ? '(the longest)' : '',
  ]);
  const body = [
    ...renderLabelled(
      of,
      `${formatCount(arm.completed)} completed, ${formatPerSec(perSec(arm.completed))}`,
      room,
    ),
    ...(arm.bytes === 0
      ? []
      : renderLabelled(
          'transfer',
          `${formatBytes(arm.bytes)} received, headers included, ${formatBytes(Math.round(perSec(arm.bytes)))}/s`,
          room,
        )),
    ...wrapHanging(`${of} that took no longer, from when each was due`, room, 2),
    ...renderTable(
      [
        { title: '', align: 'right' },
        { title: '', align: 'right' },
        { title: '', align: 'left' },
      ],
      rows,
      room - 2,
    ).map((line) => `  ${line.trimEnd()}`),
  ];
  return `\n${[paint('strong', 'As ab counts'), ...body.map((line) => `  ${line}`)].join('\n')}\n`;
}
