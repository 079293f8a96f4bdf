import { quantilesOf } from '../metrics/histogram.ts';
import { LATENESS_TAG } from '../metrics/types.ts';
import type { Scenario } from '../scenario/types.ts';
import { type HistogramsByTag, summariseArm } from './arm-summary.ts';
import { judgeCriterion } from './criteria.ts';
import { findCutAge } from './findings/cut-age.ts';
import { findKnee } from './findings/knee.ts';
import { findGeneratorLimits } from './generator-limits.ts';
import type { Tally } from './tally.ts';
import type { ArmSummary, Finding, Summary } from './types.ts';

export interface SummaryInput {
  readonly run: Summary['run'];
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly histograms: HistogramsByTag;
}

/** Everything that a run has to say, from what it recorded. Live and rebuilt runs come through here alike. */
export function summarise(input: SummaryInput): Summary {
  const { run, scenario, tally, histograms } = input;
  const cutAtUs =
    run.status === 'complete' ? Number.POSITIVE_INFINITY : (tally.lastScheduledSecond + 1) * 1_000_000;
  const measured = scenario.arms.map((arm) => ({
    arm,
    summary: summariseArm(arm, tally, histograms, cutAtUs),
  }));
  const arms = Object.fromEntries(measured.map(({ arm, summary }) => [arm.name, summary]));
  const latenessUs = quantilesOf(histograms.get(LATENESS_TAG));
  const limits = findGeneratorLimits(measured, latenessUs);
  return {
    schema: 1,
    run,
    verdict: judge(run.status, scenario, arms, limits),
    arms,
    latenessUs,
    findings: findAll(scenario, tally, histograms, arms),
  };
}

function judge(
  status: Summary['run']['status'],
  scenario: Scenario,
  arms: Readonly<Record<string, ArmSummary>>,
  limits: readonly string[],
): Summary['verdict'] {
  const criteria = scenario.pass.map((criterion) => judgeCriterion(criterion, arms));
  const reasons = [...limits];
  if (status !== 'complete')
    reasons.push(`the run was ${status === 'failed' ? 'cut short by a fault' : 'interrupted'}`);
  for (const { text, held } of criteria)
    if (held === null) reasons.push(`${text}: nothing was measured to judge it by`);
  const canTell = limits.length === 0 && status === 'complete' && criteria.length > 0;
  const isMissing = criteria.some(({ held }) => held === null);
  const hasFailed = criteria.some(({ held }) => held === false);
  const pass = !canTell ? null : hasFailed ? false : isMissing ? null : true;
  return { pass, criteria, generatorLimited: limits.length > 0, reasons };
}

function findAll(
  scenario: Scenario,
  tally: Tally,
  histograms: HistogramsByTag,
  arms: Readonly<Record<string, ArmSummary>>,
): Finding[] {
  const findIn = (kind: Scenario['findings'][number]): Finding[] => {
    switch (kind) {
      case 'knee':
        return scenario.arms.flatMap((arm) => findKnee(arm, tally.series(arm.name)));
      case 'cut-age':
        return scenario.arms.flatMap((arm) =>
          findCutAge(arm, arms[arm.name]!, histograms.get(`${arm.name}.cutAge`)),
        );
    }
  };
  return scenario.findings.flatMap(findIn);
}
