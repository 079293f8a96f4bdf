import {
  browserConnections,
  loadAttempts,
  peakPerSec,
  stretchesOf,
  sweepAttempts,
} from '../scenario/load-shape.ts';
import type { Load, OpenLoad, SweepLoad } from '../scenario/load-types.ts';
import type { Arm, Scenario } from '../scenario/types.ts';

/** TCP_TIMEWAIT_LEN in include/net/tcp.h: fixed in Linux, no setting changes it. */
export const TIME_WAIT_SEC = 60;

/** Assumed maximum duration of an ordinary exchange, in addition to the arm's hold. */
const EXCHANGE_SEC = 1;

/** Connections open at once. */
export interface OpenNeed {
  /** While the path is healthy: with fewer, the scenario cannot be run. */
  readonly healthy: number;
  /** While every attempt lasts until it times out: with fewer, an outage shows as unsent attempts. */
  readonly outage: number;
}

/** The most connections that all arms together may have open. */
export function estimateOpen(scenario: Scenario): OpenNeed {
  const needs = scenario.arms.map(estimateArmOpen);
  const sum = (key: keyof OpenNeed): number => Math.ceil(needs.reduce((total, need) => total + need[key], 0));
  return { healthy: sum('healthy'), outage: sum('outage') };
}

/** The most connections that one arm may have open. */
export function estimateArmOpen(arm: Arm): OpenNeed {
  const { load } = arm;
  if (load.kind === 'closed') return { healthy: load.concurrency, outage: load.concurrency };
  if (load.kind === 'browsers') {
    const most = browserConnections(load);
    return { healthy: most, outage: most };
  }
  const holdSec = arm.holdUs / 1_000_000;
  const limitSec = (arm.handshakeTimeoutUs + 2 * arm.responseTimeoutUs) / 1_000_000;
  const most = (windowSec: number): number =>
    load.kind === 'sweep' ? mostOfSweep(load, windowSec) : mostWithin(load, windowSec);
  return {
    healthy: most(holdSec + EXCHANGE_SEC),
    outage: most(holdSec + Math.max(limitSec, EXCHANGE_SEC)),
  };
}

/**
 * Most attempts that are due within any stretch of `windowSec`, in whole seconds; undefined for a closed loop and for
 * browsers, whose rate is not known in advance.
 */
export function estimateMostWithin(load: Load, windowSec: number): number | undefined {
  if (load.kind === 'closed' || load.kind === 'browsers') return undefined;
  return load.kind === 'sweep' ? mostOfSweep(load, windowSec) : mostWithin(load, windowSec);
}

function mostOfSweep(load: SweepLoad, windowSec: number): number {
  return Math.min(load.ratePerSec * windowSec, sweepAttempts(load));
}

function mostWithin(load: OpenLoad, windowSec: number): number {
  const durationSec = stretchesOf(load).reduce((sum, { forUs }) => sum + forUs, 0) / 1_000_000;
  if (windowSec >= durationSec) return loadAttempts(load) ?? 0;
  // Below a few seconds the peak rate is as good a measure, and a window need not fall on whole seconds.
  if (windowSec <= 2) return Math.min(peakPerSec(load) * windowSec, loadAttempts(load) ?? 0);
  const upTo = cumulate(load, Math.ceil(durationSec));
  const window = Math.ceil(windowSec);
  return upTo.reduce((most, count, second) => Math.max(most, count - (upTo[second - window] ?? 0)), 0);
}

/** Attempts due by the end of each second; index 0 is the start. */
function cumulate(load: OpenLoad, seconds: number): number[] {
  const stretches = stretchesOf(load);
  return Array.from({ length: seconds + 1 }, (_, second) => {
    let leftSec = second;
    let due = 0;
    for (const { fromPerSec, toPerSec, forUs } of stretches) {
      const forSec = forUs / 1_000_000;
      const takenSec = Math.min(leftSec, forSec);
      due += fromPerSec * takenSec + ((toPerSec - fromPerSec) * takenSec ** 2) / (2 * forSec);
      leftSec -= takenSec;
      if (leftSec <= 0) break;
    }
    return due;
  });
}
