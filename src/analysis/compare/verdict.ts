import type { ComparisonLine, ComparisonVerdict } from './types.ts';
import { formatDifference, formatFigure } from './words.ts';

/** The overall verdict, and one sentence that states it. */
export function concludeFrom(
  lines: readonly ComparisonLine[],
  generatorLimited: boolean,
): { verdict: ComparisonVerdict; sentence: string } {
  if (generatorLimited) {
    return {
      verdict: 'none',
      sentence: 'No verdict: a run was generator-limited, so it says nothing about what it tested.',
    };
  }
  const deciding = lines.filter(({ decides }) => decides);
  const worse = deciding.filter(({ verdict }) => verdict === 'worse');
  const better = deciding.filter(({ verdict }) => verdict === 'better');
  const aside = formatAside(lines);
  if (worse.length > 0 && better.length > 0) {
    return {
      verdict: 'mixed',
      sentence: `Mixed: ${formatAll(worse)} got worse, ${formatAll(better)} better.${aside}`,
    };
  }
  if (worse.length > 0) return { verdict: 'worse', sentence: `Worse: ${formatAll(worse)}.${aside}` };
  if (better.length > 0) return { verdict: 'better', sentence: `Better: ${formatAll(better)}.${aside}` };
  const stalls = deciding.filter(({ figure }) => figure === 'stalled.rate');
  const seen = stalls.filter(({ verdict }) => verdict === 'no difference seen');
  if (seen.length === 0) {
    return { verdict: 'cannot tell', sentence: `Cannot tell: ${formatReach(stalls)}.${aside}` };
  }
  return {
    verdict: 'no difference seen',
    sentence: `No difference seen in stalls: ${formatReach(seen)}.${formatSilent(stalls)}${aside}`,
  };
}

/** Only the first few: the sentence should be readable at a glance. */
const MOST_NAMED = 2;

function formatAll(lines: readonly ComparisonLine[]): string {
  const named = lines.slice(0, MOST_NAMED).map((line) => {
    const { before, after, unit } = line;
    return `${line.arm}.${line.figure} ${formatFigure(before, unit)} -> ${formatFigure(after, unit)}`;
  });
  const more = lines.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function formatReach(stalls: readonly ComparisonLine[]): string {
  if (stalls.length === 0) return 'no arm was measured on both sides';
  return stalls
    .map(({ arm, smallestDifference, unit }) =>
      smallestDifference === null
        ? `${arm} was too short to show any difference`
        : `in ${arm}, one of ${formatDifference(smallestDifference, unit)} or more would have shown`,
    )
    .join(', ');
}

function formatSilent(stalls: readonly ComparisonLine[]): string {
  const silent = stalls.filter(({ verdict }) => verdict === 'cannot tell').map(({ arm }) => arm);
  return silent.length === 0 ? '' : ` ${silent.join(', ')} cannot tell.`;
}

function formatAside(lines: readonly ComparisonLine[]): string {
  const changed = lines.filter(
    ({ decides, verdict }) => !decides && (verdict === 'worse' || verdict === 'better'),
  );
  if (changed.length === 0) return '';
  const named = changed
    .slice(0, MOST_NAMED)
    .map(({ arm, figure, verdict }) => `${arm}.${figure} ${verdict}`)
    .join(', ');
  const more = changed.length > MOST_NAMED ? ` and ${changed.length - MOST_NAMED} more` : '';
  return ` Besides: ${named}${more}.`;
}
