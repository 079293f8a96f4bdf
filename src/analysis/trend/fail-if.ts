import { UsageError } from '../../errors.ts';
import { parseDuration, parsePercentage, parseRate } from '../../scenario/units.ts';
import type { LineUnit } from '../compare/types.ts';
import type { FailIfSubject } from '../fail-if.ts';

/** What makes a trend fail: the verdict on a figure, or the last night's figure beyond a bound. */
export type FailIf = FailIfSubject &
  (
    | { readonly kind: 'became'; readonly not: boolean; readonly word: Change }
    | { readonly kind: 'bound'; readonly operator: Operator; readonly bound: Bound }
  );

const CHANGES = ['changed', 'drifted', 'worse', 'better'] as const;
export type Change = (typeof CHANGES)[number];

export type Operator = '<' | '<=' | '>' | '>=';

export interface Bound {
  readonly value: number;
  /** The figures that it may refer to. */
  readonly units: readonly LineUnit[];
}

const WORD = /^([A-Za-z0-9_-]+|\*)\.(\S+)\s+(not\s+)?([a-z]+)$/;
const BOUND = /^([A-Za-z0-9_-]+|\*)\.([A-Za-z0-9_.-]+)\s*(<=|>=|<|>)\s*(\S+)$/;

/**
 * Reads `<arm>.<figure> [not] changed|drifted|worse|better`, or `<arm>.<figure> <operator> <bound>`.
 * @throws UsageError
 */
export function parseFailIf(text: string): FailIf {
  const trimmed = text.trim();
  const [, arm = '', figure = '', not, word = ''] = WORD.exec(trimmed) ?? [];
  const became = CHANGES.find((known) => known === word);
  if (became !== undefined) {
    return { text: trimmed, arm, figure, kind: 'became', not: not !== undefined, word: became };
  }
  const [, boundArm = '', boundFigure = '', operator = '', bound = ''] = BOUND.exec(trimmed) ?? [];
  if (operator === '') {
    throw new UsageError(`--fail-if "${text}" is not a condition`, {
      hint: `write <arm>.<figure> and one of ${CHANGES.join(', ')} (optionally preceded by "not"), such as "stress.stalled.rate worse", or a bound for the last night: "stress.stalled.rate > 0.1%"`,
    });
  }
  return {
    ...{ text: trimmed, arm: boundArm, figure: boundFigure, kind: 'bound' },
    operator: operator as Operator,
    bound: parseBound(bound, text),
  };
}

function parseBound(text: string, whole: string): Bound {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const value = Number(text);
    // 5 instead of 5 % would match everything, and a duration needs its unit.
    return { value, units: value <= 1 ? ['share', 'perSec', 'ratio'] : ['perSec', 'ratio'] };
  }
  try {
    if (text.endsWith('%')) return { value: parsePercentage(text), units: ['share'] };
    if (text.includes('/')) return { value: parseRate(text), units: ['perSec'] };
    return { value: parseDuration(text), units: ['us'] };
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new UsageError(`--fail-if "${whole}": "${text}" is not a bound`, {
      hint: 'write a share as 0.1%, a time as 50ms, a rate as 950/s',
      cause,
    });
  }
}
