import type { ComparisonLine, LineUnit } from '../analysis/compare/types.ts';
import { formatMicros, formatPerSec, formatShare } from './format.ts';

/** A line of a comparison as the cells of a table. */
export interface LineCells {
  readonly figure: string;
  readonly before: string;
  readonly after: string;
  readonly difference: string;
  readonly interval: string;
  readonly verdict: string;
  /** A qualification of the verdict; may be empty. */
  readonly because: string;
}

export function cellsOf(line: ComparisonLine): LineCells {
  const { unit, ci95 } = line;
  return {
    figure: line.figure,
    before: formatFigure(line.before, unit),
    after: formatFigure(line.after, unit),
    difference: formatDifference(line.difference, unit),
    interval: ci95.every((bound) => bound === null)
      ? 'not known'
      : `${formatBound(ci95[0], unit)} to ${formatBound(ci95[1], unit)}`,
    verdict: line.verdict,
    because: formatBecause(line),
  };
}

/** The lines worth showing: those that decide, those that changed, and others that could have shown a difference. */
export function isWorthShowing({ decides, verdict, before, after }: ComparisonLine): boolean {
  return (
    decides || verdict === 'better' || verdict === 'worse' || (before !== after && verdict !== 'cannot tell')
  );
}

function formatBecause({ verdict, smallestDifference, unit, note }: ComparisonLine): string {
  if (verdict === 'better' || verdict === 'worse') return '';
  const reach =
    smallestDifference === null
      ? 'no difference would have shown'
      : `${formatSize(smallestDifference, unit)} would have shown`;
  return note === undefined ? reach : `${reach}; ${note}`;
}

function formatFigure(value: number, unit: LineUnit): string {
  switch (unit) {
    case 'share':
      return formatShare(value);
    case 'us':
      return formatMicros(value);
    case 'perSec':
      return formatPerSec(value);
    case 'ratio':
      return value.toFixed(2);
  }
}

/** Shares differ by percentage points: 1 % after 2 % is one point less, not one percent. */
function formatSize(value: number, unit: LineUnit): string {
  return unit === 'share' ? formatShare(value).replace('%', 'points') : formatFigure(value, unit);
}

function formatDifference(value: number, unit: LineUnit): string {
  const sign = value < 0 ? '-' : value > 0 ? '+' : '';
  return `${sign}${formatSize(Math.abs(value), unit)}`;
}

function formatBound(bound: number | null, unit: LineUnit): string {
  return bound === null ? 'any' : formatDifference(bound, unit);
}
