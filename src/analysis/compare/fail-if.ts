import { UsageError } from '../../errors.ts';
import { isStatusFigure } from './arm-figures.ts';
import { type Comparison, type ComparisonLine, LINE_VERDICTS, type LineVerdict } from './types.ts';

/** What makes a comparison fail: a verdict about a figure. */
export interface FailIf {
  /** As written: `stress.stalled.rate worse`. */
  readonly text: string;
  /** Arm name, or `*` for any arm. */
  readonly arm: string;
  readonly figure: string;
  readonly not: boolean;
  readonly verdict: LineVerdict;
}

const FAIL_IF = /^([A-Za-z0-9_-]+|\*)\.(\S+)\s+(not\s+)?(.+)$/;

/**
 * Reads `<arm>.<figure> [not] <verdict>`.
 * @throws UsageError
 */
export function parseFailIf(text: string): FailIf {
  const [, arm = '', figure = '', not, verdict = ''] = FAIL_IF.exec(text.trim()) ?? [];
  const known = LINE_VERDICTS.find((word) => word === verdict.trim());
  if (arm === '' || known === undefined) {
    throw new UsageError(`--fail-if "${text}" is no condition`, {
      hint: `write <arm>.<figure> <verdict>, such as "stress.stalled.rate worse"; verdicts are ${LINE_VERDICTS.join(', ')}, each also with "not" before it`,
    });
  }
  return { text: text.trim(), arm, figure, not: not !== undefined, verdict: known };
}

/**
 * The comparison with every condition judged; for `*` one arm of which it holds is enough.
 * @throws UsageError where a condition names a line that there is not
 */
export function judgeFailIf(comparison: Comparison, conditions: readonly FailIf[]): Comparison {
  const failIf = conditions.map((condition) => {
    const lines = comparison.lines.filter((line) => isMeant(line, condition));
    if (lines.length > 0) {
      return {
        text: condition.text,
        held: lines.some(({ verdict }) => (verdict === condition.verdict) !== condition.not),
      };
    }
    // An outcome or a status that never came up is no line: it got neither better nor worse.
    const { figure } = condition;
    if (isKnownArm(comparison, condition) && (figure.startsWith('outcomes.') || isStatusFigure(figure))) {
      return {
        text: condition.text,
        held: (condition.verdict === 'no difference seen') !== condition.not,
      };
    }
    throw new UsageError(`--fail-if "${condition.text}": there is no such line`, {
      hint: `lines are ${comparison.lines.map(({ arm, figure }) => `${arm}.${figure}`).join(', ')}`,
    });
  });
  return { ...comparison, failIf };
}

function isMeant({ arm, figure }: ComparisonLine, condition: FailIf): boolean {
  return (condition.arm === '*' || condition.arm === arm) && condition.figure === figure;
}

function isKnownArm({ lines }: Comparison, condition: FailIf): boolean {
  return condition.arm === '*' || lines.some(({ arm }) => arm === condition.arm);
}
