import { MIN_NIGHTS } from './reach.ts';
import type { Trend, TrendLine } from './types.ts';

/** Only the first few: the sentence should be readable at a glance. */
const MOST_NAMED = 2;

/** The overall verdict in one sentence; conditions may turn it into a failure later. */
export function concludeFrom(
  lines: readonly TrendLine[],
  {
    scenario,
    nights,
    leftOut,
  }: {
    readonly scenario: string;
    readonly nights: number;
    /** Why each of the others does not count. */
    readonly leftOut: readonly string[];
  },
): Pick<Trend, 'verdict' | 'sentence'> {
  if (nights === 0) return { verdict: 'cannot-tell', sentence: 'Cannot tell: there are no nights.' };
  const counted = nights - leftOut.length;
  const aside = leftOut.length === 0 ? '' : ` (${formatAside(leftOut)})`;
  const found = lines.filter(({ verdict }) => verdict === 'changed' || verdict === 'drifted');
  if (found.length > 0) {
    const ordered = [...found].sort(
      (a, b) => Number(b.decides) - Number(a.decides) || a.pAdjusted - b.pAdjusted,
    );
    const named = ordered.slice(0, MOST_NAMED).map(formatFound);
    const more = found.length - named.length;
    return {
      verdict: 'pass',
      sentence: `${formatKind(found)} in ${counted} nights of ${scenario}${aside}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    };
  }
  const stalls = lines.filter(({ figure }) => figure === 'stalled.rate');
  if (counted < MIN_NIGHTS || stalls.every(({ verdict }) => verdict === 'cannot tell')) {
    const why =
      counted < MIN_NIGHTS
        ? `, ${MIN_NIGHTS} are the minimum`
        : ' are too few to distinguish a step from chance';
    return {
      verdict: 'cannot-tell',
      sentence: `Cannot tell: ${counted === 1 ? '1 night' : `${counted} nights`} of ${scenario}${aside}${why}.`,
    };
  }
  return { verdict: 'pass', sentence: `No change seen in ${counted} nights of ${scenario}${aside}.` };
}

/** `2 more do not count: generator-limited, interrupted`: each kind of reason once; the list of nights has them whole. */
function formatAside(leftOut: readonly string[]): string {
  const kinds = [
    ...new Set(leftOut.map((why) => /^(?:generator-limited|\w+(?= after )|.*)/.exec(why)?.[0] ?? why)),
  ];
  const count = leftOut.length === 1 ? '1 more does' : `${leftOut.length} more do`;
  return `${count} not count: ${kinds.join(', ')}`;
}

/** From the lines that decide, if one of them changed. */
function formatKind(found: readonly TrendLine[]): string {
  const deciding = found.filter(({ decides }) => decides);
  const heard = deciding.length > 0 ? deciding : found;
  const worse = heard.some((line) => line.worse === true);
  const better = heard.some((line) => line.worse === false);
  if (worse && better) return 'Changed';
  return worse ? 'Worse' : 'Better';
}

function formatFound({ arm, figure, verdict, worse, step }: TrendLine): string {
  const direction = worse === true ? 'worse' : 'better';
  const when =
    verdict === 'changed' && step !== null ? `${direction} after ${step.after}` : `drifts, ${direction}`;
  return `${arm}.${figure} ${when}`;
}
