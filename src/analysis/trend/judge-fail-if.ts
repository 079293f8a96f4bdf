import { UsageError } from '../../errors.ts';
import { formatFigure } from '../compare/words.ts';
import { findLines } from '../fail-if.ts';
import type { Bound, FailIf, Operator } from './fail-if.ts';
import type { JudgedCondition, Trend, TrendLine, TrendNight } from './types.ts';

/**
 * The trend with every condition evaluated; for `*`, one matching arm is enough.
 * @throws UsageError if a condition names a line that does not exist
 */
export function judgeFailIf(trend: Trend, conditions: readonly FailIf[]): Trend {
  const failIf = conditions.map((condition) => judgeCondition(trend, condition));
  if (failIf.some(({ held }) => held === true)) return { ...trend, failIf, verdict: 'fail' };
  if (failIf.length === 0) return trend;
  return { ...trend, failIf, verdict: failIf.some(({ held }) => held === null) ? 'cannot-tell' : 'pass' };
}

function judgeCondition(trend: Trend, condition: FailIf): JudgedCondition {
  const { text } = condition;
  const last = trend.nights.findLast(({ leftOut }) => leftOut === null);
  if (last === undefined) return { text, held: null, note: 'no night counts' };
  const lines = findLines(trend.lines, condition);
  if (lines.length === 0) return { text, ...judgeAbsent(condition) };
  const judged = lines.map((line) =>
    condition.kind === 'became' ? judgeBecame(line, condition) : judgeBound(line, condition, trend, last),
  );
  const decisive =
    judged.find(({ held }) => held === true) ?? judged.find(({ held }) => held === null) ?? judged[0]!;
  return { text, ...decisive };
}

type Judged = Omit<JudgedCondition, 'text'>;

/** An outcome or status that never occurred did not change, and its share is 0. */
function judgeAbsent(condition: FailIf): Judged {
  const held =
    condition.kind === 'became' ? condition.not : compare(0, condition.operator, condition.bound.value);
  return { held, note: 'it never occurred' };
}

function judgeBecame(line: TrendLine, { not, word }: Extract<FailIf, { kind: 'became' }>): Judged {
  if (line.verdict === 'cannot tell') return { held: null, note: line.sentence };
  const became = {
    changed: line.verdict === 'changed',
    drifted: line.verdict === 'drifted',
    worse: line.worse === true,
    better: line.worse === false,
  };
  return { held: became[word] !== not, note: '' };
}

function judgeBound(
  line: TrendLine,
  { text, operator, bound }: Extract<FailIf, { kind: 'bound' }>,
  trend: Trend,
  last: TrendNight,
): Judged {
  checkUnit(line, bound, text);
  const figure = last.arms[line.arm]?.figures[line.figure];
  if (figure === undefined) return { held: null, note: `${last.date} has no such figure` };
  const { value, ci95 } = figure;
  const later = trend.nights.at(-1) === last ? '' : ', the last night that counts';
  const is = `${line.arm}: ${formatFigure(value, line.unit)} on ${last.date}${later}`;
  return { held: compare(value, operator, bound.value), note: `${is}${formatDoubt(ci95, bound, line)}` };
}

/** The estimate decides; if the bound is within the night's interval, the opposite is possible as well. */
function formatDoubt(
  [low, high]: readonly [number | null, number | null],
  { value }: Bound,
  { unit }: TrendLine,
): string {
  if (low === null || high === null) return ' (its interval is unknown)';
  if (value < low || value > high) return '';
  return ` (close: its 95 % interval, ${formatFigure(low, unit)} to ${formatFigure(high, unit)}, includes the bound)`;
}

const BOUND_EXAMPLES = { share: '0.1%', us: '50ms', perSec: '950/s', ratio: '1.05' } as const;

function checkUnit({ figure, unit }: TrendLine, { units }: Bound, text: string): void {
  if (units.includes(unit)) return;
  throw new UsageError(`--fail-if "${text}": this is not a bound for ${figure}`, {
    hint: `write it like ${BOUND_EXAMPLES[unit]}`,
  });
}

function compare(value: number, operator: Operator, bound: number): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
  }
}
