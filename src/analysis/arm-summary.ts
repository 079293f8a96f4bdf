import { measuredResentOf, resentOf, stalledOf, stepsOf } from '../metrics/counts.ts';
import { type HistogramsByTag, type Quantiles, quantilesOf } from '../metrics/histogram.ts';
import { ASIDE_SUFFIX } from '../metrics/set-aside.ts';
import { RAMP_SUFFIX, type SeriesCounts, type Timed } from '../metrics/types.ts';
import type { Arm } from '../scenario/types.ts';
import { summariseBrowsing } from './browsing-summary.ts';
import { ascendingOf, nearestRank } from './nearest-rank.ts';
import { type RecordedTime, recordedTimes } from './recorded-times.ts';
import { summariseLate } from './responses-late.ts';
import { summariseStalls } from './stall-summary.ts';
import type { SecondCounts, Tally } from './tally.ts';
import type { ArmSummary } from './types.ts';
import { wilsonInterval } from './wilson.ts';

/**
 * One arm's figures, with its ramps kept separate.
 * @param measuredSec duration of its measured phases
 * @param wasResumed whether the run was interrupted and resumed: the outcome of attempts open at that time is unknown
 */
export function summariseArm(
  arm: Arm,
  tally: Tally,
  histograms: HistogramsByTag,
  measuredSec: number,
  synResentAtSec: readonly number[] | undefined,
  wasResumed: boolean,
): ArmSummary {
  const series = tally.series(arm.name);
  const { counts, bySecond } = series;
  const untold = wasResumed ? untoldOf(arm.name, tally) : 0;
  // The outcome of attempts abandoned by a failing process is as unknown as that of attempts open when one is killed.
  const lost = untold + (wasResumed ? (counts.outcomes.abandoned ?? 0) : 0);
  const timed = (what: Timed): Quantiles => quantilesOf(histograms.get(`${arm.name}.${what}`));
  const timesOf = (what: string): RecordedTime[] => recordedTimes(histograms.get(`${arm.name}.${what}`));
  const stalled = stalledOf(counts);
  return {
    scheduled: counts.scheduled,
    started: counts.started,
    unsent: counts.unsent,
    established: counts.established,
    completed: counts.completed,
    completedShare: shareOf(counts.completed, counts.started - stepsOf(counts) - lost),
    ...(lost === 0 ? {} : { lost }),
    achievedPerSec: measuredSec > 0 ? round(counts.started / measuredSec, 2) : 0,
    requests: counts.requests,
    connectionsPerRequest: counts.requests === 0 ? 0 : round((counts.started - untold) / counts.requests, 3),
    challenges: counts.challenges,
    stalled: {
      count: stalled,
      rate: shareOf(stalled, counts.started),
      ci95: wilsonInterval(stalled, counts.started),
      recovered: counts.recovered,
      frozen: counts.frozen,
      unresolved: counts.unresolved,
      ratePerFrame: ratePerFrame(bySecond.values()),
    },
    healed: counts.healed,
    slow: counts.slow,
    synRetransmits: counts.synRetransmits,
    ...summariseResent(counts),
    ...summariseLate(
      timesOf('handshake-service'),
      timesOf('firstByte-service'),
      counts.started / Math.max(1, (counts.lastBegunUs - counts.firstBegunUs) / 1_000_000),
    ),
    outcomes: counts.outcomes,
    statuses: counts.statuses,
    tunnelStatuses: counts.tunnelStatuses,
    schemesOffered: counts.schemesOffered,
    refusals: counts.refusals,
    errorNames: counts.errorNames,
    unmetContent: counts.unmetContent,
    ...summariseAnswers(counts),
    cuts: counts.cuts,
    ...summariseProofs(counts),
    bytes: counts.bytes,
    handshakeUs: timed('handshake'),
    firstByteUs: timed('firstByte'),
    totalUs: timed('total'),
    service: {
      handshakeUs: timed('handshake-service'),
      firstByteUs: timed('firstByte-service'),
      totalUs: timed('total-service'),
    },
    ...summariseRtt(arm, histograms),
    ...summarisePhases(arm, histograms),
    ...summariseTokens(arm, tally, timed('mint')),
    ...summariseBrowsing(arm, series),
    endpoints: counts.endpoints,
    ...summariseStalls(arm, tally, histograms, synResentAtSec),
    ...summariseRamp(arm, tally),
  };
}

/**
 * Measured attempts whose outcome was lost with a killed process. Every other one has an outcome, unsent ones included;
 * if it ended in an excluded second, the outcome is counted there.
 */
function untoldOf(arm: string, tally: Tally): number {
  const [measured = 0, ...others] = ['', RAMP_SUFFIX, ASIDE_SUFFIX].map((suffix) => {
    const { scheduled, outcomes } = tally.series(arm + suffix).counts;
    return scheduled - Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  });
  const all = others.reduce((sum, missing) => sum + missing, measured);
  return Math.max(0, Math.min(measured, all));
}

/**
 * Omitted if it was not measured: with the portable engine outside Linux, for bare TCP, and in runs from before it
 * was recorded.
 */
function summariseResent(
  counts: Readonly<SeriesCounts>,
): Pick<ArmSummary, 'requestRetransmits' | 'requestsResent'> {
  const measured = measuredResentOf(counts);
  if (measured === 0) return {};
  const count = resentOf(counts);
  return {
    requestRetransmits: counts.requestRetransmits,
    requestsResent: { count, measured, rate: count / measured, ci95: wilsonInterval(count, measured) },
  };
}

/** Frames join the two into one key: `stalled silence`. */
function summariseAnswers({ synAnswers = {} }: Readonly<SeriesCounts>): Pick<ArmSummary, 'answers'> {
  const answers = new Map<string, [name: string, count: number][]>();
  for (const [key, count] of Object.entries(synAnswers)) {
    const [, group, name] = /^(\w+) (.+)$/.exec(key) ?? [];
    if (group === undefined || name === undefined) continue;
    answers.set(group, [...(answers.get(group) ?? []), [name, count]]);
  }
  if (answers.size === 0) return {};
  return {
    answers: Object.fromEntries([...answers].map(([group, counts]) => [group, Object.fromEntries(counts)])),
  };
}

function summariseProofs({ byProofAge }: SeriesCounts): Pick<ArmSummary, 'proofs'> {
  const proofs = Object.entries(byProofAge)
    .map(([ms, { alive, cuts }]) => ({ ageSec: Number(ms) / 1_000, alive, cuts }))
    .sort((a, b) => a.ageSec - b.ageSec);
  return proofs.length === 0 ? {} : { proofs };
}

function summariseRamp(arm: Arm, tally: Tally): Pick<ArmSummary, 'ramp'> {
  const name = `${arm.name}${RAMP_SUFFIX}`;
  if (!tally.has(name)) return {};
  const { counts }: { counts: SeriesCounts } = tally.series(name);
  const { scheduled, started, unsent, established, completed } = counts;
  return { ramp: { scheduled, started, unsent, established, completed, stalled: stalledOf(counts) } };
}

function summariseTokens(arm: Arm, tally: Tally, mintUs: Quantiles): Pick<ArmSummary, 'tokens'> {
  if (arm.auth?.scheme !== 'negotiate') return {};
  const { minted, discarded, failures } = tally.tokens(arm.name) ?? { minted: 0, discarded: 0, failures: {} };
  return { tokens: { minted, discarded, failures, mintUs } };
}

const PHASES = [
  ['challengeUs', 'challenge'],
  ['tunnelUs', 'tunnel'],
  ['tlsUs', 'tls'],
  ['objectUs', 'object'],
  ['pageUs', 'page'],
] as const satisfies readonly (readonly [keyof NonNullable<ArmSummary['phases']>, Timed])[];

function summarisePhases(arm: Arm, histograms: HistogramsByTag): Pick<ArmSummary, 'phases'> {
  const phases = PHASES.flatMap(([name, timed]) => {
    const histogram = histograms.get(`${arm.name}.${timed}`);
    return histogram === undefined ? [] : [[name, quantilesOf(histogram)] as const];
  });
  return phases.length === 0 ? {} : { phases: Object.fromEntries(phases) };
}

/** Omitted if nothing was read: with the portable engine outside Linux, and in runs from before it was recorded. */
function summariseRtt({ name }: Arm, histograms: HistogramsByTag): Pick<ArmSummary, 'rttUs'> {
  const histogram = histograms.get(`${name}.rtt`);
  return histogram === undefined ? {} : { rttUs: quantilesOf(histogram) };
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** The unit in which stall rates are recorded: parts per this many, fine enough for one in 100,000. */
const PARTS = 100_000;

/** Distribution of the stall rates of single seconds: of each second's starts, the share that stalled. */
export function ratePerFrame(seconds: Iterable<Pick<SecondCounts, 'started' | 'stalled'>>): {
  p50: number;
  p99: number;
  max: number;
} {
  // Counted by value, because there are few: a histogram that distinguishes them all takes a megabyte per arm of each
  // run.
  const framesAt = new Map<number, number>();
  let frames = 0;
  for (const { started, stalled } of seconds) {
    if (started <= 0) continue;
    // A SYN sent at the turn of a second may be counted in the next one, so the share is limited to 1.
    const parts = Math.round(Math.min(1, stalled / started) * PARTS);
    framesAt.set(parts, (framesAt.get(parts) ?? 0) + 1);
    frames += 1;
  }
  const ascending = ascendingOf(framesAt);
  return {
    p50: nearestRank(ascending, Math.ceil((frames * 50) / 100)) / PARTS,
    p99: nearestRank(ascending, Math.ceil((frames * 99) / 100)) / PARTS,
    max: (ascending.at(-1)?.[0] ?? 0) / PARTS,
  };
}
