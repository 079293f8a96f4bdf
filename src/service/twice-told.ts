import { listRuns, type RunListing } from '../read/listing.ts';
import { findClockChanges, localTime } from './clock-changes.ts';
import type { InstalledSoak } from './installed-soak.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** What a timer starts looks at the clock seconds later; a probe that has just been started anew, or is short of memory, minutes. */
const LATE_MS = 5 * MINUTE_MS;

/** Whether a run is one of a night's. */
export function isOf(
  night: Pick<InstalledSoak, 'scenario' | 'label'>,
  run: Pick<RunListing, 'scenario' | 'label'>,
): boolean {
  return run.scenario === night.scenario && run.label === night.label;
}

/**
 * The run that keeps a night from beginning: on the day on which clocks are put back a time comes twice, and a timer that was
 * started between the two, as by installing again or by a reboot, goes off at the second though a night began at the first.
 * @param zone of the machine, `Europe/London`
 * @returns undefined where this is no second time, or nothing has begun since the first
 */
export async function findBegunBefore(
  night: Pick<InstalledSoak, 'at' | 'scenario' | 'label' | 'results'>,
  zone: string,
  nowMs: number,
): Promise<RunListing | undefined> {
  const firstMs = firstOfTwo(night.at, zone, nowMs);
  if (firstMs === undefined) return undefined;
  const runs = await listRuns(night.results);
  return runs.findLast((run) => isOf(night, run) && Date.parse(run.startedAt) >= firstMs);
}

/**
 * When a time of day came for the first time, where it has just come for the second.
 * @param at HH:MM, local time
 * @returns milliseconds since 1970
 */
export function firstOfTwo(at: string, zone: string, nowMs: number): number | undefined {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  for (const { atMs, beforeMin, afterMin } of findClockChanges(zone, nowMs - DAY_MS, 2)) {
    const backMs = (beforeMin - afterMin) * MINUTE_MS;
    const local = localTime(nowMs, afterMin);
    local.setUTCHours(hour, minute, 0, 0);
    const secondMs = local.getTime() - afterMin * MINUTE_MS;
    const isTwice = secondMs >= atMs && secondMs < atMs + backMs;
    if (isTwice && nowMs >= secondMs && nowMs < secondMs + LATE_MS) return secondMs - backMs;
  }
  return undefined;
}
