import { OUTCOME_GROUPS, type Outcome } from '../outcome/outcome.ts';
import type { Arm } from '../scenario/types.ts';
import type { ArmSummary, Quantiles } from './types.ts';

/** Share of the scheduled attempts that could not be started; above it the load was not the scenario's. */
const MAX_UNSENT_SHARE = 0.01;

/** Share of the started attempts that failed for a local reason. */
const MAX_LOCAL_SHARE = 0.01;

/** p99 of lateness: a tenth of the shortest stall, so that lateness never looks like one. */
const MAX_LATENESS_P99_US = 100_000;

/** Why this machine, and not what it tested, set the limit; empty where it did not. */
export function findGeneratorLimits(
  arms: readonly { readonly arm: Arm; readonly summary: ArmSummary }[],
  latenessUs: Quantiles,
): string[] {
  const reasons = arms.flatMap(({ arm, summary }) => limitsOfArm(arm, summary));
  if (latenessUs.p99 > MAX_LATENESS_P99_US && arms.some(({ arm }) => arm.load.kind === 'open')) {
    reasons.push(
      `starts were late: p99 ${Math.round(latenessUs.p99 / 1_000)} ms, at most ${MAX_LATENESS_P99_US / 1_000} ms is trusted`,
    );
  }
  return reasons;
}

function limitsOfArm(arm: Arm, summary: ArmSummary): string[] {
  const reasons: string[] = [];
  const { scheduled, started, unsent } = summary;
  if (unsent > scheduled * MAX_UNSENT_SHARE) {
    reasons.push(
      `${arm.name}: ${unsent} of ${scheduled} attempts were unsent (${nameCauses(summary, 'unsent')})`,
    );
  }
  const local = countGroup(summary, 'local');
  if (local > started * MAX_LOCAL_SHARE) {
    reasons.push(
      `${arm.name}: ${local} of ${started} attempts failed on this machine (${nameCauses(summary, 'local')})`,
    );
  }
  return reasons;
}

function countGroup({ outcomes }: ArmSummary, group: 'local' | 'unsent'): number {
  return entriesOf(outcomes, group).reduce((sum, [, count]) => sum + count, 0);
}

function nameCauses({ outcomes }: ArmSummary, group: 'local' | 'unsent'): string {
  return entriesOf(outcomes, group)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ');
}

/** What was abandoned as the run ended is local, but no sign of weakness. */
function entriesOf(outcomes: ArmSummary['outcomes'], group: 'local' | 'unsent'): [Outcome, number][] {
  return (Object.entries(outcomes) as [Outcome, number][]).filter(
    ([name]) => OUTCOME_GROUPS[name] === group && name !== 'abandoned',
  );
}
