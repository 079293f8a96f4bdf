import { listAlone } from '../read/fleet/parts.ts';
import { listRuns, type RunListing } from '../read/listing.ts';
import { findClockChanges, localTime } from './clock-changes.ts';
import type { InstalledSoak } from './installed-soak.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** What a timer starts looks at the clock seconds later; a probe that has just been started anew, or is short of memory, minutes. */
const LATE_MS = 5 * MINUTE_MS;

/** Whether a run is one of this soak's. */
export function isRunOf(
  night: Pick<InstalledSoak, 'scenario' | 'label'>,
  run: Pick<RunListing, 'scenario' | 'label'>,
): boolean {
  return run.scenario === night.scenario && run.label === night.label;
}

/**
 * Finds the run because of which a soak must not start. When clocks are set back, a time occurs twice; a timer that
 * was started between the two, by installing again or by a reboot, fires at the second although a soak started at the
 * first.
 * @param zone of the machine, `Europe/London`
 * @returns undefined if this is not the second time, or nothing has started since the first
 */
export async function findEarlierStart(
  night: Pick<InstalledSoak, 'at' | 'scenario' | 'label' | 'results'>,
  zone: string,
  nowMs: number,
): Promise<RunListing | undefined> {
  const firstMs = firstOfTwo(night.at, zone, nowMs);
  if (firstMs === undefined) return undefined;
  const runs = await listAlone(await listRuns(night.results), night.results);
  return runs.findLast((run) => isRunOf(night, run) && Date.parse(run.startedAt) >= firstMs);
}

/**
 * When a time of day occurred first, if it has just occurred for the second time.
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
