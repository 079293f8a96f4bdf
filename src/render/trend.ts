import type { Trend, TrendLine } from '../analysis/trend/types.ts';
import { formatPlural } from './format.ts';
import { createPaint, type Paint, type Tone } from './paint.ts';
import { renderLabelled, wrap } from './table.ts';
import { nameNight, renderNights } from './trend-nights.ts';

export interface TrendLook {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Every figure, including those without a result. */
  readonly all: boolean;
}

/** Narrower is unreadable. */
const MIN_WIDTH = 40;
const MAX_WIDTH = 100;

/** Nights side by side, and the verdict on each figure; ends with a line feed. */
export function renderTrend(trend: Trend, look: TrendLook): string {
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, look.width));
  const paint = createPaint(look.colour);
  const arms = [...new Set([...trend.nights.flatMap(({ arms }) => Object.keys(arms))])];
  const blocks = [
    wrap(trend.sentence, width).map((line) => paint('strong', line)),
    ...arms.map((arm) => [
      ...renderNights(trend, arm, width, paint),
      ...renderVerdicts(
        trend.lines.filter((line) => line.arm === arm),
        { all: look.all, width, paint },
      ),
    ]),
    renderCauses(trend, width).map((line) => paint('strong', line)),
    renderMarks(trend, width).map((line) => paint('doubt', line)),
    trend.failIf.flatMap(({ text, held, note }) => {
      const judged = held === null ? 'cannot tell' : held ? 'holds' : 'does not hold';
      const lines = renderLabelled('fail-if', `${text}: ${judged}${note === '' ? '' : ` (${note})`}`, width);
      return held === true ? lines.map((line) => paint('bad', line)) : lines;
    }),
    renderHowToRead(trend, width).map((line) => paint('faint', line)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function renderVerdicts(
  lines: readonly TrendLine[],
  { all, width, paint }: { all: boolean; width: number; paint: Paint },
): string[] {
  const shown = all ? lines : lines.filter(isWorthSaying);
  const hidden = lines.length - shown.length;
  return [
    ...shown.flatMap((line) => {
      const [first = '', ...rest] = wrap(`${line.figure} ${line.sentence}`, width - 2);
      return [first, ...rest.map((text) => `  ${text}`)].map((text) => paint(toneOf(line), text));
    }),
    ...(hidden > 0
      ? wrap(
          `and ${formatPlural(hidden, 'more figure', 'more figures')} without a change (--all)`,
          width,
        ).map((line) => paint('faint', line))
      : []),
  ];
}

function isWorthSaying({ decides, verdict }: TrendLine): boolean {
  return decides || verdict === 'changed' || verdict === 'drifted';
}

function toneOf({ verdict, worse }: TrendLine): Tone {
  switch (verdict) {
    case 'changed':
    case 'drifted':
      return worse === true ? 'bad' : 'good';
    case 'no change seen':
      return 'strong';
    case 'cannot tell':
      return 'doubt';
  }
}

/** Where the cause changed; without a change, what all nights agree in, unless they are healthy. */
function renderCauses({ causeChanges, cause }: Trend, width: number): string[] {
  if (causeChanges.length > 0)
    return causeChanges.flatMap(({ sentence }) => renderLabelled('cause', sentence, width));
  return cause === null || cause === 'healthy'
    ? []
    : renderLabelled('cause', `in all nights that tell: ${cause}`, width);
}

function renderMarks({ nights, probeChanges, notes }: Trend, width: number): string[] {
  return [
    ...nights.flatMap((night) =>
      night.leftOut === null
        ? []
        : renderLabelled('- left out', `${nameNight(night, nights)}: ${night.leftOut}`, width),
    ),
    ...probeChanges.flatMap(({ id, date, what }) => {
      const { time = '' } = nights.find((one) => one.id === id) ?? {};
      return renderLabelled('! probe', `${nameNight({ date, time }, nights)}: ${what.join('; ')}`, width);
    }),
    ...notes.flatMap((note) => renderLabelled('note', note, width)),
  ];
}

function renderHowToRead({ weekdays, timeZone }: Trend, width: number): string[] {
  const classes = weekdays ? ' Weekends were compared only with weekends.' : '';
  return wrap(
    `Intervals in the table come from how seconds differ within a night, verdicts from how nights differ.${classes} "Would have been seen" means with a probability of 80 %. If nothing changed, at most one trend in twenty claims a change. Dates: ${timeZone}.`,
    width,
  );
}
