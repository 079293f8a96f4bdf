import { stepsOf } from '../metrics/counts.ts';
import type { ArmSummary } from './types.ts';

/** Of the attempts that an arm started; with fewer completed a run has not done what it was started for. */
const LEAST_COMPLETED_SHARE = 0.5;

/** What a run without criteria comes to where its attempts did not: `pass` as in a verdict, and the reason. */
export interface Incompletion {
  readonly pass: false | null;
  readonly reason: string;
}

/**
 * Judges a run that has no criteria by the least that anybody wants of it: that half of what each arm started was
 * completed. Connections that another carried on are no attempts.
 * @returns undefined where that holds; `pass` is null where nothing started at all, which tells nothing of the far end
 */
export function findIncompletion(arms: Readonly<Record<string, ArmSummary>>): Incompletion | undefined {
  const started = Object.entries(arms).filter(([, arm]) => arm.started > 0);
  if (started.length === 0) return { pass: null, reason: 'no attempt was started' };
  const [worst] = started
    .filter(([, { completedShare }]) => completedShare < LEAST_COMPLETED_SHARE)
    .sort(([, a], [, b]) => a.completedShare - b.completedShare);
  return worst === undefined ? undefined : { pass: false, reason: formatIncompletion(...worst) };
}

function formatIncompletion(name: string, arm: ArmSummary): string {
  const attempts = arm.started - stepsOf(arm) - (arm.lost ?? 0);
  const [most] = Object.entries(arm.outcomes)
    .filter(([outcome, count]) => outcome !== 'ok' && count > 0)
    .sort(([, a], [, b]) => b - a);
  const why = most === undefined ? '' : `, ${most[1] === attempts ? 'all' : 'most often'} ${most[0]}`;
  return `arm ${name} completed ${arm.completed} of ${attempts} attempts${why}`;
}
