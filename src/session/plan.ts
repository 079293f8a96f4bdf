import type { SessionWriter } from '../store/session-writer.ts';
import { outlineArm } from './load/outline.ts';
import type { Schedule } from './progress.ts';
import type { LoadSegment } from './segment.ts';
import type { RunPlan } from './types.ts';

/**
 * @param segment the first one; absent for a resumed soak, or if nothing is left of a run: the recorded addresses are
 *   shown
 * @param fromUs where a resumed session continues
 */
export function planOf(
  { info, dir }: Pick<SessionWriter, 'info' | 'dir'>,
  segment: Pick<LoadSegment, 'load' | 'capture'> | undefined,
  durationUs: number | undefined,
  fromUs?: number,
): RunPlan {
  const known = info.scenario.arms.map((arm) => ({
    ...outlineArm({ arm, endpoints: [], sources: info.sources?.[arm.name]?.addresses ?? [] }),
    endpoints: info.endpoints[arm.name] ?? [],
  }));
  return {
    id: info.id,
    dir,
    engine: info.engine,
    readsTcpInfo: info.stallsByTcpInfo,
    workers: info.workers,
    arms: segment?.load.outlines ?? known,
    durationUs,
    ...(segment?.capture === undefined ? {} : { capture: segment.capture }),
    ...(fromUs === undefined ? {} : { fromUs }),
  };
}

/** The schedule by which a run's progress is computed. */
export function scheduleOf({ durationUs, arms }: Pick<RunPlan, 'durationUs' | 'arms'>): Schedule {
  const counts = arms.map(({ attempts }) => attempts);
  const attempts = counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
  return { durationUs, attempts };
}
