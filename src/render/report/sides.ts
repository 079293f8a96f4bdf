import type { ArmDetail, RunDetail } from '../../analysis/run-detail.ts';
import type { ArmSummary } from '../../analysis/types.ts';

/** One run of the report, and its name there: '' if it is the only one, otherwise "before" or "after". */
export interface Side {
  readonly name: '' | 'before' | 'after';
  readonly run: RunDetail;
}

/** One arm of one run. */
export interface ArmSide {
  readonly side: Side['name'];
  /** 0 before, or the only one; 1 after. */
  readonly index: number;
  readonly arm: string;
  readonly summary: ArmSummary;
  readonly detail: ArmDetail;
  readonly run: RunDetail;
}

/** The arm in every run that has it. */
export function armSides(sides: readonly Side[], arm: string): ArmSide[] {
  return sides.flatMap(({ name, run }, index) => {
    const summary = run.summary.arms[arm];
    const detail = run.arms.get(arm);
    return summary === undefined || detail === undefined
      ? []
      : [{ side: name, index, arm, summary, detail, run }];
  });
}

/** Names of all arms, in the order of the first run. */
export function armNames(sides: readonly Side[]): string[] {
  return [...new Set(sides.flatMap(({ run }) => Object.keys(run.summary.arms)))];
}

/** `before: handshake`, or `handshake` if there is one run. */
export function sideLabel(side: Side['name'], text: string): string {
  return side === '' ? text : text === '' ? side : `${side}: ${text}`;
}
