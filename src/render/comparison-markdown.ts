import type { Comparison } from '../analysis/compare/types.ts';
import { cellsOf, isWorthShowing } from './comparison-cells.ts';
import { escapeControls } from './escape.ts';
import { formatMoment } from './format.ts';
import { escapeMarkdown } from './markdown.ts';

/** A comparison for a ticket: GitHub's and GitLab's tables; ends with a line feed. */
export function renderComparisonMarkdown(comparison: Comparison, { all }: { readonly all: boolean }): string {
  const { sentence, lines, warnings, failIf, units, longestBurstSec } = comparison;
  const arms = [...new Set(lines.map(({ arm }) => arm))];
  const blocks = [
    `**${escapeMarkdown(sentence)}**`,
    [...formatSide('before', comparison.before), ...formatSide('after', comparison.after)].join('\n'),
    warnings.map((warning) => `> ${escapeMarkdown(warning)}`).join('\n>\n'),
    (comparison.diagnosis?.changes ?? [])
      .map(({ sentence }) => `- ${escapeMarkdown(escapeControls(sentence))}`)
      .join('\n'),
    (comparison.firewall?.sentences ?? [])
      .map((text) => `- ${escapeMarkdown(escapeControls(text))}`)
      .join('\n'),
    ...arms.map((arm) =>
      [
        `### ${escapeMarkdown(arm)}`,
        '',
        '| figure | before | after | difference | 95 % interval | verdict |',
        '|---|---:|---:|---:|---|---|',
        ...lines
          .filter((line) => line.arm === arm && (all || isWorthShowing(line)))
          .map((line) => {
            const { figure, before, after, difference, interval, verdict, because } = cellsOf(line);
            const judged = `${verdict === 'better' || verdict === 'worse' ? `**${verdict}**` : verdict}`;
            const cells = [
              figure,
              before,
              after,
              difference,
              interval,
              because === '' ? judged : `${judged}: ${because}`,
            ];
            return `| ${cells.map(escapeCell).join(' | ')} |`;
          }),
      ].join('\n'),
    ),
    failIf
      .map(({ text, held }) => `- fail if ${escapeMarkdown(text)}: ${held ? '**holds**' : 'does not hold'}`)
      .join('\n'),
    `95 % intervals from how ${units === 'runs' ? 'runs differ' : formatSeconds(longestBurstSec ?? 0)}; verdicts corrected for ${lines.length} lines (Holm); "would have shown" means with a probability of 80 %.`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function formatSeconds(longestBurstSec: number): string {
  const bursts =
    longestBurstSec === 0
      ? 'runs too short to allow for bursts of stalls'
      : `bursts of stalls up to ${longestBurstSec} s allowed for`;
  return `seconds differ within runs (${bursts})`;
}

function formatSide(name: string, { runs }: Comparison['before']): string[] {
  return runs.map(
    ({ name: folder, label, startedAt }) =>
      `- ${name}: \`${folder}\`${label === '' ? '' : ` (${escapeMarkdown(escapeControls(label))})`}, ${formatMoment(startedAt)}`,
  );
}

function escapeCell(text: string): string {
  return text.replace(/\|/g, '\\|');
}
