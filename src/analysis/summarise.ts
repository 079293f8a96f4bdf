import { type HistogramsByTag, quantilesOf } from '../metrics/histogram.ts';
import { LATENESS_TAG, RAMP_SUFFIX } from '../metrics/types.ts';
import type { Arm, Scenario } from '../scenario/types.ts';
import { summariseArm } from './arm-summary.ts';
import { judgeCriterion } from './criteria.ts';
import { findCutAge } from './findings/cut-age.ts';
import { findKnee } from './findings/knee.ts';
import { findLatencyClusters } from './findings/latency-cluster.ts';
import { findNatPool } from './findings/nat-pool.ts';
import { findOnset } from './findings/onset.ts';
import { findOutagePhases } from './findings/outage-phases.ts';
import { findPreAnswered } from './findings/pre-answered.ts';
import { findReuseBand } from './findings/reuse-band.ts';
import { findGeneratorLimits } from './generator-limits.ts';
import { measuredUs, watchedUs } from './measured-time.ts';
import type { SoakCourse } from './soak-tally.ts';
import type { Tally } from './tally.ts';
import type { ArmSummary, Finding, Summary } from './types.ts';

export interface SummaryInput {
  readonly run: Summary['run'];
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly histograms: HistogramsByTag;
  /** Whether the NAT on the way keeps source ports, where a sweep asked. */
  readonly nat?: 'preserved' | 'reassigned' | 'unknown';
  /** When the host of the run sends a SYN again, seconds after the first; absent where it is not known. */
  readonly synResentAtSec?: readonly number[];
  /** Of a soak: a night has gaps, which no schedule tells. */
  readonly soak?: SoakCourse;
}

/** Everything that a run has to say, from what it recorded. Live and rebuilt runs come through here alike. */
export function summarise(input: SummaryInput): Summary {
  const { run, scenario, tally, histograms } = input;
  const cutAtUs =
    run.status === 'complete' ? Number.POSITIVE_INFINITY : (tally.lastScheduledSecond + 1) * 1_000_000;
  const measured = scenario.arms.map((arm) => ({
    arm,
    summary: summariseArm(arm, tally, histograms, measuredSeconds(input, arm, cutAtUs), input.synResentAtSec),
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
    findings: findAll(scenario, tally, histograms, arms, input.nat),
    ...(input.soak === undefined ? {} : { soak: input.soak.summary }),
  };
}

function measuredSeconds({ tally, soak }: SummaryInput, { name, load }: Arm, cutAtUs: number): number {
  return soak === undefined
    ? measuredUs(load, tally.series(name).counts, cutAtUs) / 1_000_000
    : (soak.measuredSec.get(name) ?? 0);
}

const UNFINISHED = {
  running: 'is still under way',
  interrupted: 'was interrupted',
  failed: 'was cut short by a fault',
} as const;

function judge(
  status: Summary['run']['status'],
  scenario: Scenario,
  arms: Readonly<Record<string, ArmSummary>>,
  limits: readonly string[],
): Summary['verdict'] {
  const criteria = scenario.pass.map((criterion) => judgeCriterion(criterion, arms));
  const reasons = [...limits];
  if (status !== 'complete') reasons.push(`the run ${UNFINISHED[status]}`);
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
  nat: SummaryInput['nat'],
): Finding[] {
  const findIn = (kind: Scenario['findings'][number]): Finding[] => {
    switch (kind) {
      case 'knee':
        return scenario.arms.flatMap((arm) => findKnee(arm, tally.series(arm.name)));
      case 'cut-age':
        return scenario.arms.flatMap((arm) =>
          findCutAge(
            arm,
            arms[arm.name]!,
            histograms.get(`${arm.name}.cutAge`),
            watchedUs(tally.series(arm.name).counts, tally.lastSecond),
          ),
        );
      case 'reuse-band':
        return scenario.arms.flatMap(({ name, load }) =>
          findReuseBand(name, tally.series(name).counts.byReuseAge, nat, load.kind === 'sweep'),
        );
      case 'nat-pool':
        return findNatPool(
          scenario.arms.map((arm) => ({ arm, summary: arms[arm.name]!, series: tally.series(arm.name) })),
        );
    }
  };
  const asked = scenario.findings.flatMap(findIn);
  const always = scenario.arms.flatMap((arm) => [
    ...findPreAnswered(arm, arms[arm.name]!),
    // A sweep's stalls follow its own timetable: when they come says nothing.
    ...(arm.load.kind === 'sweep' ? [] : findOutagePhases(arm.name, tally.series(arm.name))),
    ...(arm.load.kind === 'sweep'
      ? []
      : findOnset(arm.name, tally.series(arm.name), tally.series(`${arm.name}${RAMP_SUFFIX}`))),
  ]);
  return [...asked, ...always, ...findLatencyClusters(scenario.arms, histograms)];
}
