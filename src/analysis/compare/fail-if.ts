import { UsageError } from '../../errors.ts';
import { type FailIfSubject, findLines } from '../fail-if.ts';
import { type Comparison, LINE_VERDICTS, type LineVerdict } from './types.ts';

/** A condition under which a comparison fails: a verdict about a figure. */
export interface FailIf extends FailIfSubject {
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
    throw new UsageError(`--fail-if "${text}" is not a condition`, {
      hint: `write <arm>.<figure> <verdict>, such as "stress.stalled.rate worse"; verdicts are ${LINE_VERDICTS.join(', ')}, each optionally preceded by "not"`,
    });
  }
  return { text: text.trim(), arm, figure, not: not !== undefined, verdict: known };
}

/**
 * The comparison with every condition evaluated; for `*`, one matching arm is enough.
 * @throws UsageError if a condition names a line that does not exist
 */
export function judgeFailIf(comparison: Comparison, conditions: readonly FailIf[]): Comparison {
  const failIf = conditions.map((condition) => {
    const { text, verdict, not } = condition;
    const seen = findLines(comparison.lines, condition).map((line) => line.verdict);
    // An outcome or a status that never occurred got neither better nor worse.
    const verdicts: LineVerdict[] = seen.length > 0 ? seen : ['no difference seen'];
    return { text, held: verdicts.some((said) => (said === verdict) !== not) };
  });
  return { ...comparison, failIf };
}
