import { stepsOf } from '../metrics/counts.ts';
import type { FarSummary } from '../metrics/far.ts';
import { type HistogramsByTag, quantilesOf } from '../metrics/histogram.ts';
import { type BesideCounts, LATENESS_TAG } from '../metrics/types.ts';
import type { Arm, Criterion, Scenario } from '../scenario/types.ts';
import { summariseArm } from './arm-summary.ts';
import { diagnose } from './causes/diagnose.ts';
import type { Diagnosis } from './causes/diagnosis.ts';
import { judgeCriterion } from './criteria.ts';
import { findAll } from './findings/find-all.ts';
import type { Nat } from './findings/finder.ts';
import { findOneEndpoint } from './findings/one-endpoint.ts';
import { loadStretch, placeFindings } from './findings/place.ts';
import { findGeneratorLimits, type GeneratorLimit } from './generator-limits.ts';
import { findLongPath } from './long-path.ts';
import { measuredUs } from './measured-time.ts';
import { observe } from './observations/observe.ts';
import type { SessionTimeSeries } from './session-tally.ts';
import type { Tally } from './tally.ts';
import type { ArmSummary, Summary } from './types.ts';

export interface SummaryInput {
  readonly run: Summary['run'];
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly histograms: HistogramsByTag;
  /** Whether the NAT on the path lets the two attempts of a pair look the same, if a sweep tested it. */
  readonly nat?: Nat;
  /** What both sides captured, if a far side was joined by then: for the diagnosis. */
  readonly both?: FarSummary;
  /** What a run that chose its arms could not try. */
  readonly untried?: Diagnosis['untried'];
  /** When the host of the run retransmits a SYN, seconds after the first; absent if not known. */
  readonly synResentAtSec?: readonly number[];
  /** For a soak, and for a run with events: either may have gaps that no schedule shows. */
  readonly timeSeries?: SessionTimeSeries;
  /** It was interrupted and resumed by another process: the outcome of attempts open at that time is unknown. */
  readonly wasResumed?: boolean;
}

/** Creates the summary of a run from its records. Live and rebuilt runs both use it. */
export function summarise(input: SummaryInput): Summary {
  const summary = describeRun(input);
  const { scenario, tally, nat, both, untried } = input;
  const diagnosis = diagnose(observe({ scenario, tally, summary, nat, both, untried }));
  const { verdict } = summary;
  return {
    ...summary,
    verdict: scenario.adaptive === undefined ? verdict : judgeByDiagnosis(verdict, diagnosis),
    diagnosis,
  };
}

/** A run that asks why has passed if nothing is ill. */
function judgeByDiagnosis(verdict: Summary['verdict'], { verdict: told }: Diagnosis): Summary['verdict'] {
  if (verdict.pass !== true || told === 'healthy') return verdict;
  return told === 'none'
    ? { ...verdict, pass: null, reasons: [...verdict.reasons, 'the diagnosis has no verdict'] }
    : {
        ...verdict,
        pass: false,
        reasons: [...verdict.reasons, 'something was ill: see the diagnosis'],
      };
}

function wasClockSet({ timeSeries }: SummaryInput): boolean {
  const { soak, session } = timeSeries?.summary ?? {};
  return (soak ?? session)?.events.some(({ kind }) => kind === 'clock-stepped') === true;
}

/** All but why. */
function describeRun(input: SummaryInput): Omit<Summary, 'diagnosis'> {
  const { run, scenario, tally, histograms } = input;
  const cutAtUs =
    run.status === 'complete' ? Number.POSITIVE_INFINITY : (tally.lastScheduledSecond + 1) * 1_000_000;
  const { wasResumed = false } = input;
  const measured = scenario.arms.map((arm) => {
    const measuredSec = measuredSeconds(input, arm, cutAtUs);
    return {
      arm,
      summary: summariseArm(arm, tally, histograms, measuredSec, input.synResentAtSec, wasResumed),
    };
  });
  const arms = Object.fromEntries(measured.map(({ arm, summary }) => [arm.name, summary]));
  const latenessUs = quantilesOf(histograms.get(LATENESS_TAG));
  const limits = findGeneratorLimits(measured, {
    latenessUs,
    seconds: tally.lastSecond + 1,
    ...tally.faults,
  });
  return {
    schema: 1,
    run,
    verdict: judge(
      { status: run.status, abandoned: tally.total('abandoned') },
      scenario,
      arms,
      limits,
      listUnmeasured(input),
      new Map(
        measured.flatMap(({ arm, summary }) => findLongPath(arm, summary).map((why) => [arm.name, why])),
      ),
      measured
        .flatMap(({ arm, summary }) => findOneEndpoint(arm, summary))
        .map(({ arm, text }) => `${arm}: ${text}`),
      listDoubts(input),
    ),
    arms,
    latenessUs,
    ...tally.faults,
    ...summariseBeside(tally.beside),
    findings: placeFindings(findAll({ scenario, tally, histograms, arms, nat: input.nat }), {
      // Seconds are counted by a clock that goes on while the machine sleeps; only the wall clock may have been set.
      startedAtMs: wasClockSet(input) ? undefined : Date.parse(run.startedAt),
      arms,
      loadOf: (arm) => {
        const { counts, bySecond } = tally.series(arm);
        return loadStretch(counts, bySecond);
      },
      generatorLimited: limits.length > 0,
    }),
    ...input.timeSeries?.summary,
  };
}

function summariseBeside({ pings, ...counters }: BesideCounts): Pick<Summary, keyof BesideCounts> {
  if (pings === undefined) return counters;
  const summed = Object.entries(pings).map(([address, { sent, answered, sumUs, minUs, maxUs }]) => {
    const times =
      answered === 0
        ? { minUs: null, meanUs: null, maxUs: null }
        : { minUs, meanUs: Math.round(sumUs / answered), maxUs };
    return [address, { sent, answered, ...times }];
  });
  return { ...counters, pings: Object.fromEntries(summed) };
}

function measuredSeconds({ tally, timeSeries }: SummaryInput, { name, load }: Arm, cutAtUs: number): number {
  return timeSeries?.measuredSec === undefined
    ? measuredUs(load, tally.series(name).counts, cutAtUs) / 1_000_000
    : (timeSeries.measuredSec.get(name) ?? 0);
}

const UNFINISHED = {
  running: 'is still in progress',
  interrupted: 'was interrupted',
  failed: 'was ended by a fault',
} as const;

/** How a run ended, and how many attempts it abandoned then. */
interface RunEnd {
  readonly status: Summary['run']['status'];
  readonly abandoned: number;
}

function judge(
  { status, abandoned }: RunEnd,
  scenario: Scenario,
  arms: Readonly<Record<string, ArmSummary>>,
  limits: readonly GeneratorLimit[],
  unmeasured: readonly string[],
  doubted: ReadonlyMap<string, string>,
  oneSided: readonly string[],
  doubts: readonly string[],
): Summary['verdict'] {
  const isDoubted = ({ arm, path }: Criterion): boolean =>
    path[0] === 'stalled' && (arm === '*' ? doubted.size > 0 : doubted.has(arm));
  const judged = scenario.pass.map((criterion) => ({
    isDoubted: isDoubted(criterion),
    ...judgeCriterion(criterion, arms),
  }));
  const criteria = judged.map(({ isDoubted, ...criterion }) =>
    isDoubted ? { ...criterion, held: null } : criterion,
  );
  const reasons = [...limits.map(({ reason }) => reason), ...unmeasured, ...doubted.values()];
  if (status !== 'complete') {
    reasons.push(`the run ${UNFINISHED[status]}`);
    if (abandoned > 0) reasons.push(`${abandoned} of its attempts were still open and were abandoned`);
  }
  for (const { text, held } of judged)
    if (held === null) reasons.push(`${text}: nothing was measured that could decide it`);
  const canTell = limits.length === 0 && status === 'complete';
  if (canTell && criteria.length === 0) {
    // A sweep opens connections expecting them to fail.
    const incompletion = isSweep(scenario) ? undefined : findIncompletion(arms);
    return {
      pass: incompletion?.pass ?? null,
      criteria,
      generatorLimited: false,
      reasons: incompletion === undefined ? reasons : [incompletion.reason, ...reasons],
    };
  }
  const isMissing = unmeasured.length > 0 || criteria.some(({ held }) => held === null);
  const hasFailed = criteria.some(({ held }) => held === false);
  // The failure may be limited to one of several addresses.
  if (hasFailed) reasons.push(...oneSided);
  const pass = !canTell ? null : hasFailed ? false : isMissing ? null : true;
  if (pass === true) reasons.push(...doubts);
  const limitedBy = [...new Set(limits.flatMap(({ causes }) => causes))];
  return {
    ...{ pass, criteria, generatorLimited: limits.length > 0 },
    ...(limitedBy.length === 0 ? {} : { limitedBy }),
    reasons,
  };
}

function isSweep({ arms }: Scenario): boolean {
  return arms.some(({ load }) => load.kind === 'sweep');
}

/** What a run was meant to measure but could not: if there is any, the run has not passed. */
function listUnmeasured({ scenario, nat }: SummaryInput): string[] {
  if (!isSweep(scenario) || (nat !== 'reassigned' && nat !== 'apart')) return [];
  return [
    nat === 'apart'
      ? 'nothing was measured: the two attempts of a pair leave by different external addresses and cannot collide'
      : 'nothing was measured: the NAT reassigns source ports, so the two attempts of a pair cannot collide',
  ];
}

/** Doubts about a run that passed: without a far side, nobody knows whether a sweep measured anything. */
function listDoubts({ scenario, nat }: SummaryInput): string[] {
  if (!isSweep(scenario) || (nat !== undefined && nat !== 'unknown')) return [];
  return [
    'no far side reported which ports and addresses arrive there: if the NAT reassigns ports, or the addresses of a pair leave by different external ones, nothing could collide (rushhour peer on the far host can tell)',
  ];
}

/** Minimum share of completed attempts; with fewer, a run has not served its purpose. */
const LEAST_COMPLETED_SHARE = 0.5;

/** Why a run without criteria has not passed: `pass` as in a verdict, with the reason. */
interface Incompletion {
  readonly pass: false | null;
  readonly reason: string;
}

/**
 * Judges a run without criteria by a minimum: half of the attempts started in each arm must have been completed.
 * Connections continued by another one are not counted as attempts.
 * @returns undefined if that holds; `pass` is null if nothing was started, which says nothing about the far end
 */
function findIncompletion(arms: Readonly<Record<string, ArmSummary>>): Incompletion | undefined {
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
