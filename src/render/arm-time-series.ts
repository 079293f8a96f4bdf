import type { Summary } from '../analysis/types.ts';
import { formatCount } from './format.ts';
import { renderPercentileBars } from './percentile-bars.ts';
import { renderSparkline } from './sparkline.ts';
import { wrapHanging } from './wrap.ts';

const BAR_WIDTH = 40;
/** What stands before a bar. */
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
    const course = stalled.get(name) ?? [];
    const most = course.reduce((max, count) => Math.max(max, count), 0);
    const line = renderSparkline(course, room, unicode);
    return [
      ...(most === 0
        ? []
        : [
            ...wrapHanging(
              `${name}: stalled by the second, 0-${course.length} s, at most ${formatCount(most)} in one`,
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
