import { UsageError } from '../errors.ts';
import { isStatusFigure } from './compare/arm-figures.ts';

/** The subject of a `--fail-if` condition. */
export interface FailIfSubject {
  /** As written: `stress.stalled.rate worse`. */
  readonly text: string;
  /** Arm name, or `*` for any arm. */
  readonly arm: string;
  readonly figure: string;
}

interface Line {
  readonly arm: string;
  readonly figure: string;
}

/**
 * The lines that a condition refers to; none if it names an outcome or a status that never occurred, which has no
 * line.
 * @throws UsageError if there is no such line
 */
export function findLines<T extends Line>(lines: readonly T[], { text, arm, figure }: FailIfSubject): T[] {
  const ofArm = lines.filter((line) => arm === '*' || line.arm === arm);
  const meant = ofArm.filter((line) => line.figure === figure);
  const mayBeAbsent =
    (arm === '*' || ofArm.length > 0) && (figure.startsWith('outcomes.') || isStatusFigure(figure));
  if (meant.length > 0 || mayBeAbsent) return meant;
  throw new UsageError(`--fail-if "${text}": there is no such line`, {
    hint: `lines are ${lines.map((line) => `${line.arm}.${line.figure}`).join(', ')}`,
  });
}
