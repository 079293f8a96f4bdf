import type {
  CauseChange,
  Comparison,
  ComparisonLine,
  ComparisonVerdict,
  LineVerdict,
} from '../analysis/compare/types.ts';
import { cellsOf, isWorthShowing } from './comparison-cells.ts';
import { formatMoment, formatPlural } from './format.ts';
import { createPaint, type Paint, type Tone } from './paint.ts';
import { layOutTable, renderLabelled, wrap } from './table.ts';

export interface ComparisonLook {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Every line, including those without a result. */
  readonly all: boolean;
}

/** Narrower is unreadable, wider is hard to read. */
const MIN_WIDTH = 40;
const MAX_WIDTH = 130;

const WORDS: Readonly<Record<ComparisonVerdict, readonly [word: string, tone: Tone]>> = {
  better: ['BETTER', 'good'],
  worse: ['WORSE', 'bad'],
  mixed: ['MIXED', 'bad'],
  'no difference seen': ['NO DIFFERENCE SEEN', 'strong'],
  'cannot tell': ['CANNOT TELL', 'doubt'],
  none: ['NO VERDICT', 'doubt'],
};

const TONES: Readonly<Record<LineVerdict, Tone>> = {
  better: 'good',
  worse: 'bad',
  'no difference seen': 'strong',
  'cannot tell': 'faint',
};

/** A comparison as text to read; leads with the verdict in one sentence, ends with a line feed. */
export function renderComparison(comparison: Comparison, look: ComparisonLook): string {
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, look.width));
  const paint = createPaint(look.colour);
  const arms = [...new Set(comparison.lines.map(({ arm }) => arm))];
  const blocks = [
    renderSentence(comparison, width, paint),
    renderSides(comparison, width),
    comparison.warnings
      .flatMap((warning) => renderLabelled('note', warning, width))
      .map((line) => paint('doubt', line)),
    ...arms.map((arm) => renderArm(arm, comparison.lines, { all: look.all, width, paint })),
    renderCauses(comparison, width, paint),
    (comparison.firewall?.sentences ?? []).flatMap((text) => renderLabelled('firewall', text, width)),
    comparison.failIf.flatMap(({ text, held }) =>
      renderLabelled('fail-if', `${text}: ${held ? 'holds' : 'does not hold'}`, width).map((line) =>
        held ? paint('bad', line) : line,
      ),
    ),
    renderHowToRead(comparison, width).map((line) => paint('faint', line)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function renderSentence({ verdict, sentence }: Comparison, width: number, paint: Paint): string[] {
  const [word, tone] = WORDS[verdict];
  const said = sentence.slice(sentence.indexOf(':') + 1).trim();
  const [first = '', ...rest] = wrap(`${word}: ${said}`, width);
  return [paint(tone, paint('strong', word)) + first.slice(word.length), ...rest];
}

const CAUSE_TONES: Readonly<Record<CauseChange['status'], Tone>> = {
  gone: 'good',
  still: 'bad',
  other: 'bad',
  new: 'bad',
  'cannot-tell': 'doubt',
};

function renderCauses({ diagnosis }: Comparison, width: number, paint: Paint): string[] {
  return (diagnosis?.changes ?? []).flatMap(({ status, sentence }) =>
    renderLabelled('cause', sentence, width).map((line) => paint(CAUSE_TONES[status], line)),
  );
}

function renderSides({ before, after }: Comparison, width: number): string[] {
  return [
    ['before', before],
    ['after', after],
  ].flatMap(([name, side]) => {
    const { runs } = side as Comparison['before'];
    const [first] = runs;
    const text =
      runs.length === 1 && first !== undefined
        ? `${first.name}${first.label === '' ? '' : ` (${first.label})`}, ${formatMoment(first.startedAt)}`
        : `${formatPlural(runs.length, 'run', 'runs')}: ${runs.map(({ name }) => name).join(', ')}`;
    return renderLabelled(name as string, text, width);
  });
}

function renderArm(
  arm: string,
  lines: readonly ComparisonLine[],
  { all, width, paint }: { all: boolean; width: number; paint: Paint },
): string[] {
  const own = lines.filter((line) => line.arm === arm);
  const shown = all ? own : own.filter(isWorthShowing);
  const left = { align: 'left' } as const;
  const right = { align: 'right' } as const;
  const { head, rows } = layOutTable(
    [
      { title: `Arm ${arm}`, ...left },
      { title: 'before', ...right },
      { title: 'after', ...right },
      { title: 'difference', ...right },
      { title: '95 % interval', ...left },
      // Next to the figure if there is no room for a table, because the reader looks for it.
      { title: 'verdict', ...left, leads: true, gives: 'words', least: 18 },
    ],
    shown.map((line) => {
      const { figure, before, after, difference, interval, verdict, because } = cellsOf(line);
      return [
        figure,
        before,
        after,
        difference,
        interval,
        because === '' ? verdict : `${verdict} (${because})`,
      ];
    }),
    width,
  );
  const hidden = own.length - shown.length;
  return [
    ...head.map((line) => paint('strong', line)),
    ...rows.flatMap((row, index) => row.map((line) => paint(TONES[shown[index]!.verdict], line))),
    ...(hidden > 0
      ? wrap(`and ${formatPlural(hidden, 'more line', 'more lines')} with --all`, width).map((line) =>
          paint('faint', line),
        )
      : []),
  ];
}

function renderHowToRead({ units, longestBurstSec }: Comparison, width: number): string[] {
  const what =
    units === 'runs'
      ? 'Intervals come from how runs differ among themselves.'
      : `Intervals come from how seconds differ within runs. ${formatBursts(longestBurstSec ?? 0)}, and ordinary differences between runs, look like a change.`;
  return wrap(
    `${what} "Would have shown" means with a probability of 80 %. Verdicts allow for the number of lines: if nothing differs, at most one comparison in twenty claims a difference.`,
    width,
  );
}

/** Runs shorter than 8 s allow for no bursts. */
function formatBursts(longestSec: number): string {
  return longestSec === 0
    ? 'The shortest run lasted less than 8 s, too short to allow for bursts of stalls: bursts'
    : `They allow for bursts of stalls up to ${longestSec} s; longer ones`;
}
