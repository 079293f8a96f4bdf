import type { Arm } from '../../scenario/types.ts';
import { followPool, type PoolTimeSeries, peakOpen } from '../pool-time-series.ts';
import type { SeriesTally } from '../tally.ts';
import type { ArmSummary } from '../types.ts';
import type { Finder, FoundAt } from './finder.ts';

/** Fewer handshakes that failed than this are loss and no wall. */
const FEWEST_FAILED = 20;

/** A control below this share of stalls is clean. */
const CLEAN_RATE = 0.01;

/** Outcomes by which a firewall may answer instead of being silent. */
const REFUSALS = ['handshake-refused', 'handshake-reset', 'handshake-unreachable'] as const;

export interface ArmResult {
  readonly arm: Arm;
  readonly summary: ArmSummary;
  readonly series: SeriesTally;
}

export const natPool: Finder = {
  inRun: ({ scenario, arms, tally }) =>
    findNatPool(
      scenario.arms.map((arm) => ({ arm, summary: arms[arm.name]!, series: tally.series(arm.name) })),
    ),
};

/**
 * How many connections to one destination could be open at once: as many as were established until handshakes failed;
 * and how long after the first close they succeeded again. Whether a NAT ran out of ports or a connection limit was
 * reached is not decided here: both look the same.
 */
export function findNatPool(results: readonly ArmResult[]): FoundAt[] {
  return results.filter(isFilling).map((filling) => describePool(filling, results));
}

function isFilling({ arm }: ArmResult): boolean {
  return arm.via === 'tcp' && arm.holdUs > 0;
}

function describePool(filling: ArmResult, results: readonly ArmResult[]): FoundAt {
  const { arm, summary, series } = filling;
  const base = { kind: 'nat-pool', arm: arm.name } as const;
  const failed = failedOf(summary);
  const pool = followPool(series, arm.holdUs);
  if (failed < FEWEST_FAILED || pool === undefined) {
    const why =
      failed < FEWEST_FAILED ? 'no limit' : `${failed} handshakes failed sporadically, but there is no limit`;
    return {
      ...base,
      confidence: 'none',
      text: `${why} up to ${peakOpen(series, arm.holdUs)} connections open at once`,
    };
  }
  const { ports, filled: during } = pool;
  const controls = results.filter((other) => isControl(other.arm, arm) && other.summary.started > 0);
  const isControlled = controls.length > 0 && controls.every(isClean);
  const seen = `at most ${ports} open at once, then handshakes failed${formatControls(controls)}`;
  const confidence = isControlled ? 'high' : 'medium';
  const isElsewhereToo = controls.length > 0 && !isControlled;
  return {
    ...base,
    ...{ confidence, ports, during },
    ...(isElsewhereToo ? { text: seen } : describeRelease(pool, arm, seen)),
  };
}

/** What happened at the same time to connections to another port. */
function formatControls(controls: readonly ArmResult[]): string {
  return controls
    .map(({ arm, summary }) => {
      const bad = badOf(summary);
      const share = `${bad} of ${summary.started}`;
      return `; to another port (${arm.name}), ${share} failed or stalled`;
    })
    .join('');
}

/**
 * When handshakes went well again; and what that carries, if each place serves one connection and rests before the
 * next.
 */
function describeRelease(
  pool: PoolTimeSeries,
  arm: Arm,
  seen: string,
): { text: string; [figure: string]: unknown } {
  const { ports, release } = pool;
  if (release === undefined) return { text: `${seen}. ${formatNoRelease(pool)}` };
  const { afterSec, lowSec, highSec } = release;
  const figures = { releaseSec: afterSec, releaseLowSec: lowSec, releaseHighSec: highSec };
  const after = arm.close === 'reset' ? 'RST' : 'close';
  // The resolution is a second: a rest of less than one cannot be distinguished from none.
  if (lowSec === 0) {
    return { ...figures, text: `${seen}. They succeeded again within ${highSec} s of the first ${after}` };
  }
  const sustainablePerSec = Math.round((ports / afterSec) * 10) / 10;
  const carries = `They succeeded again ${afterSec} s (${lowSec} to ${highSec} s) after the first ${after}: ${ports} / (${afterSec} s + duration), which is ${sustainablePerSec} short connections/s, is sustainable`;
  return { ...figures, sustainablePerSec, text: `${seen}. ${carries}` };
}

function formatNoRelease({ watchedSec }: PoolTimeSeries): string {
  return watchedSec <= 0
    ? 'The load ended before the first of them was closed, so it is unknown when there is room again'
    : `None succeeded again within ${watchedSec} s of the first close, when the load ended: the sustainable rate is unknown`;
}

function failedOf({ stalled, outcomes }: ArmSummary): number {
  return stalled.frozen + REFUSALS.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

function badOf(summary: ArmSummary): number {
  return summary.stalled.count + failedOf(summary) - summary.stalled.frozen;
}

function isClean({ summary }: ArmResult): boolean {
  return badOf(summary) / summary.started < CLEAN_RATE;
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
