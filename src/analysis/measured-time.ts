import type { SeriesCounts } from '../metrics/types.ts';
import { stretchesOf } from '../scenario/load-shape.ts';
import type { Load } from '../scenario/load-types.ts';

/**
 * Duration of an arm's measured phases, microseconds. Open loop: by its schedule, without ramps and idle phases, up to
 * the end of the run; closed loop and sweep: from the first start to the last end.
 * @param cutAtUs end of the second in which the schedule was cut short; Infinity for a complete run
 */
export function measuredUs(load: Load, counts: SeriesCounts, cutAtUs: number): number {
  if (load.kind !== 'open') {
    return counts.firstBegunUs < 0 ? 0 : Math.max(counts.lastEndUs, counts.lastBegunUs) - counts.firstBegunUs;
  }
  let atUs = 0;
  let sumUs = 0;
  for (const { fromPerSec, toPerSec, forUs, ramp } of stretchesOf(load)) {
    const isMeasured = !ramp && Math.max(fromPerSec, toPerSec) > 0;
    if (isMeasured) sumUs += Math.max(0, Math.min(forUs, cutAtUs - atUs));
    atUs += forUs;
  }
  return sumUs;
}

/** From an arm's first start to the last moment for which something is recorded, microseconds; 0 if nothing started. */
export function watchedUs({ firstBegunUs, lastEndUs }: SeriesCounts, lastSecond: number): number {
  return firstBegunUs < 0 ? 0 : Math.max(lastEndUs, lastSecond * 1_000_000) - firstBegunUs;
}
