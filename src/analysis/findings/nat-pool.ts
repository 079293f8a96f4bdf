import type { Arm } from '../../scenario/types.ts';
import { followPool, type PoolCourse, peakOpen } from '../pool-course.ts';
import type { SeriesTally } from '../tally.ts';
import type { ArmSummary, Finding } from '../types.ts';

/** Fewer handshakes that failed than this are loss and no wall. */
const FEWEST_FAILED = 20;

/** A control below this share of stalls is clean. */
const CLEAN_RATE = 0.01;

/** Seconds are what is counted by: a rest shorter than this cannot be told from none. */
const SHORTEST_REST_SEC = 0.5;

/** Outcomes by which a NAT without ports may answer instead of being silent. */
const REFUSALS = ['handshake-refused', 'handshake-reset', 'handshake-unreachable'] as const;

export interface ArmResult {
  readonly arm: Arm;
  readonly summary: ArmSummary;
  readonly series: SeriesTally;
}

/**
 * How many ports a NAT has towards one destination: as many as could be established until handshakes failed, and how
 * long it keeps each back after a close: until handshakes went well again.
 */
export function findNatPool(results: readonly ArmResult[]): Finding[] {
  return results.filter(isFilling).map((filling) => describePool(filling, results));
}

function isFilling({ arm }: ArmResult): boolean {
  return arm.via === 'tcp' && arm.holdUs > 0;
}

function describePool(filling: ArmResult, results: readonly ArmResult[]): Finding {
  const { arm, summary, series } = filling;
  const base = { kind: 'nat-pool', arm: arm.name } as const;
  const failed = failedOf(summary);
  const course = followPool(series, arm.holdUs);
  if (failed < FEWEST_FAILED || course === undefined) {
    const why =
      failed < FEWEST_FAILED ? 'no limit' : `${failed} handshakes failed here and there, but no limit`;
    return {
      ...base,
      confidence: 'none',
      text: `${why} up to ${peakOpen(series, arm.holdUs)} connections open at once`,
    };
  }
  const { ports } = course;
  const controls = results.filter((other) => isControl(other.arm, arm) && other.summary.started > 0);
  const seen = `${ports} connections were established, then handshakes failed`;
  if (controls.length > 0 && controls.every(isClean)) {
    const pool = `${seen}, and those with another port went on: the NAT has ${ports} ports for this destination`;
    return { ...base, confidence: 'high', ports, ...describeRelease(course, arm, pool) };
  }
  if (controls.length > 0) {
    const text = `${seen}; those with another port failed as well: rather a limit of connections or of a rate than the ports of a NAT`;
    return { ...base, confidence: 'low', ports, text };
  }
  const doubt = 'without an arm to another port this may be the pool of a NAT or a limit of connections';
  return { ...base, confidence: 'low', ports, ...describeRelease(course, arm, `${seen}; ${doubt}`) };
}

/** What the pool carries: each port serves one connection, and rests, before it serves the next. */
function describeRelease(
  course: PoolCourse,
  arm: Arm,
  pool: string,
): { text: string; [figure: string]: unknown } {
  const { ports, release } = course;
  if (release === undefined) return { text: `${pool}. ${wordNoRelease(course)}` };
  const { afterSec, lowSec, highSec } = release;
  const figures = { releaseSec: afterSec, releaseLowSec: lowSec, releaseHighSec: highSec };
  const after = arm.close === 'reset' ? 'RST' : 'close';
  if (afterSec < SHORTEST_REST_SEC) {
    return { ...figures, text: `${pool}. They came back within ${highSec} s of the ${after}` };
  }
  const sustainablePerSec = Math.round((ports / afterSec) * 10) / 10;
  const carries = `The first came back ${afterSec} s (${lowSec} to ${highSec} s) after its ${after}: the pool sustains ports / (${afterSec} s + duration), which is ${sustainablePerSec} short connections/s`;
  return { ...figures, sustainablePerSec, text: `${pool}. ${carries}` };
}

function wordNoRelease({ watchedSec }: PoolCourse): string {
  return watchedSec <= 0
    ? 'The load ended before the first of them was closed, so nothing tells when ports come back'
    : `None came back within ${watchedSec} s of the first close, when the load ended: the rate that they sustain is not known`;
}

function failedOf({ stalled, outcomes }: ArmSummary): number {
  return stalled.frozen + REFUSALS.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

function isClean({ summary }: ArmResult): boolean {
  return (summary.stalled.count + failedOf(summary) - summary.stalled.frozen) / summary.started < CLEAN_RATE;
}

/** Short connections to another port at the same time. */
function isControl(other: Arm, filling: Arm): boolean {
  return (
    other !== filling &&
    other.via === 'tcp' &&
    other.holdUs === 0 &&
    other.target.port !== filling.target.port
  );
}
