import type { Comparison, ComparisonLine, ComparisonVerdict } from '../analysis/compare/types.ts';
import type { FleetComparison } from '../analysis/sites/compare.ts';
import { cellsOf, isWorthShowing } from './comparison-cells.ts';
import { escapeControls } from './escape.ts';
import { escapeMarkdown } from './markdown.ts';
import { createPaint, type Paint, type Tone } from './paint.ts';
import { type Column, layOutTable, wrap } from './table.ts';

export interface FleetComparisonLook {
  readonly colour: boolean;
  readonly width: number;
  /** Every line, including those without a result. */
  readonly all: boolean;
  /** For a ticket. */
  readonly isMarkdown: boolean;
}

const MIN_WIDTH = 40;

const CORRECTED = 'Verdicts are corrected for all sites and lines together (Holm).';

const TONES: Readonly<Record<ComparisonVerdict, Tone | undefined>> = {
  ...{ better: 'good', worse: 'bad', mixed: 'bad', 'no difference seen': undefined },
  ...{ 'cannot tell': 'doubt', none: 'doubt' },
};

const text = (title: string): Column => ({ title, align: 'left' });
const figure = (title: string): Column => ({ title, align: 'right' });
const COLUMNS: readonly Column[] = [
  ...[{ ...text('site'), gives: 'middle' as const }, text('figure'), figure('before'), figure('after')],
  ...[figure('difference'), { ...text('95 % interval'), spare: 1 }],
  { ...text('verdict'), gives: 'words' },
];

/** Two runs of a fleet, site by site: the verdict in a sentence, a table, what became of causes. Ends with a line feed. */
export function renderFleetComparison(comparison: FleetComparison, look: FleetComparisonLook): string {
  return look.isMarkdown
    ? renderMarkdown(comparison, look.all)
    : renderText(comparison, Math.max(MIN_WIDTH, look.width), createPaint(look.colour), look.all);
}

/** At a site that did not change, what decides is enough. */
function shownLines({ lines, verdict }: Comparison, all: boolean): readonly ComparisonLine[] {
  if (all) return lines;
  const isQuiet = verdict === 'no difference seen' || verdict === 'cannot tell' || verdict === 'none';
  return lines.filter((line) => (isQuiet ? line.figure === 'stalled.rate' : isWorthShowing(line)));
}

function rowsOf(
  { sites }: FleetComparison,
  all: boolean,
): { readonly cells: string[]; readonly tone: Tone | undefined }[] {
  return sites.flatMap(({ name, comparison }) =>
    shownLines(comparison, all).map((line, index) => {
      const { before, after, difference, interval, verdict, because } = cellsOf(line);
      const judged = comparison.generatorLimited ? 'generator-limited' : verdict;
      return {
        cells: [
          ...[index === 0 ? name : '', `${line.arm}.${line.figure}`, before, after, difference, interval],
          because === '' ? judged : `${judged}: ${because}`,
        ],
        tone: index === 0 ? TONES[comparison.verdict] : undefined,
      };
    }),
  );
}

/** What else is to be said of a site: causes that went or came, conditions, what weakens the comparison. */
function remarksOf({ sites, unjudged, leftOut }: FleetComparison): string[] {
  const warnings = new Map<string, string[]>();
  for (const { name, comparison } of sites)
    for (const warning of comparison.warnings)
      warnings.set(warning, [...(warnings.get(warning) ?? []), name]);
  return [
    ...sites.flatMap(({ name, comparison }) => [
      ...(comparison.diagnosis?.changes ?? []).map(({ sentence }) => `${name}: ${sentence}`),
      ...comparison.failIf
        .filter(({ held }) => held)
        .map((condition) => `${name}: fail if ${condition.text}: holds`),
    ]),
    ...unjudged.map(({ name, why }) => `${name}: ${why}`),
    ...leftOut.map(({ run, probe, why }) => `${probe} of ${run} does not count: ${why}`),
    ...[...warnings].map(([warning, names]) => `${names.join(', ')}: ${warning}`),
  ];
}

function renderText(comparison: FleetComparison, width: number, paint: Paint, all: boolean): string {
  const rows = rowsOf(comparison, all);
  const { head, rows: lines } = layOutTable(
    COLUMNS,
    rows.map(({ cells }) => cells),
    width - 2,
  );
  const table = [
    ...head,
    ...lines.flatMap((row, index) => {
      const tone = rows[index]?.tone;
      return tone === undefined ? row : row.map((line) => paint(tone, line));
    }),
  ];
  const blocks = [
    [
      ...wrap(comparison.text, width).map((line) => paint('strong', line)),
      `  before ${escapeControls(comparison.before)}, after ${escapeControls(comparison.after)}`,
    ],
    rows.length === 0 ? [] : table.map((line) => `  ${line}`),
    remarksOf(comparison).flatMap((remark) => wrap(remark, width)),
    rows.length === 0 ? [] : wrap(CORRECTED, width).map((line) => paint('faint', line)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function renderMarkdown(comparison: FleetComparison, all: boolean): string {
  const say = (said: string): string => escapeMarkdown(escapeControls(said)).replaceAll('|', '\\|');
  const rule = COLUMNS.map(({ align }) => (align === 'right' ? '---:' : '---')).join('|');
  const rows = rowsOf(comparison, all);
  const blocks = [
    `**${say(comparison.text)}**`,
    `before \`${escapeControls(comparison.before)}\`, after \`${escapeControls(comparison.after)}\``,
    rows.length === 0
      ? ''
      : [
          `| ${COLUMNS.map(({ title }) => title).join(' | ')} |`,
          `|${rule}|`,
          ...rows.map(({ cells }) => `| ${cells.map(say).join(' | ')} |`),
        ].join('\n'),
    remarksOf(comparison)
      .map((remark) => `- ${say(remark)}`)
      .join('\n'),
    rows.length === 0 ? '' : CORRECTED,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
