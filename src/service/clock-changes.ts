import type { InstalledSoak } from './installed-soak.ts';
import { parseDays } from './schedule.ts';

/** A moment at which clocks of a zone are put forward or back. */
export interface ClockChange {
  /** Milliseconds since 1970, whole minutes. */
  readonly atMs: number;
  /** Minutes that local time is ahead of UTC, before and after. */
  readonly beforeMin: number;
  readonly afterMin: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The zone of this machine, by its name in the tz database. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * The changes of a zone's clocks, as the tz database that came with Node has them.
 * @param zone `Europe/London`
 * @param days how far to look
 */
export function findClockChanges(zone: string, afterMs: number, days: number): ClockChange[] {
  const offsetAt = offsetsOf(zone);
  const changes: ClockChange[] = [];
  let fromMs = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS;
  let before = offsetAt(fromMs);
  for (let day = 0; day < days; day += 1) {
    const toMs = fromMs + DAY_MS;
    const after = offsetAt(toMs);
    if (after !== before) {
      let [low, high] = [fromMs, toMs];
      while (high - low > MINUTE_MS) {
        const middle = low + Math.floor((high - low) / (2 * MINUTE_MS)) * MINUTE_MS;
        if (offsetAt(middle) === before) low = middle;
        else high = middle;
      }
      changes.push({ atMs: high, beforeMin: before, afterMin: after });
    }
    [fromMs, before] = [toMs, after];
  }
  return changes;
}

/** Local time as if it were UTC: getUTC...() give its fields. */
export function localTime(atMs: number, offsetMin: number): Date {
  return new Date(atMs + offsetMin * MINUTE_MS);
}

/** How a clock change affects the start of a soak on that day: `skipped`, `twice`, or not at all. */
function effectOn(
  { at, on }: Pick<InstalledSoak, 'at' | 'on'>,
  change: ClockChange,
): 'skipped' | 'twice' | 'none' {
  const { atMs, beforeMin, afterMin } = change;
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  // From the first moment that is not there, or is there again, up to the first that is as ever.
  const from = localTime(atMs, Math.min(beforeMin, afterMin));
  const to = localTime(atMs, Math.max(beforeMin, afterMin));
  // The hour may lie on both sides of midnight.
  for (const day of [from, to]) {
    const begins = new Date(day);
    begins.setUTCHours(hour, minute, 0, 0);
    if (begins >= from && begins < to && parseDays(on).includes(begins.getUTCDay())) {
      return afterMin > beforeMin ? 'skipped' : 'twice';
    }
  }
  return 'none';
}

/** Years for which a timer knows when clocks change: they are dates in it, renewed by installing again. */
const YEARS = 20;

/**
 * Additional starts that a timer needs besides the daily one. systemd skips a time that does not exist (OnCalendar= of
 * systemd.timer(5), as `systemd-analyze calendar` shows), so on these days the soak starts when the gap ends. For a
 * time that occurs twice, it takes the first; cron(8) of Debian handles both by itself.
 * @returns for OnCalendar=, local time
 */
export function beginningsAfterGaps(
  night: Pick<InstalledSoak, 'at' | 'on'>,
  zone: string,
  nowMs: number,
): string[] {
  return findClockChanges(zone, nowMs, YEARS * 366)
    .filter((change) => effectOn(night, change) === 'skipped')
    .map(({ atMs, afterMin }) => `${formatTime(localTime(atMs, afterMin))}:00`);
}

/**
 * Describes the next clock changes in the zone of this machine and how they affect the soak: two, or that there are
 * none.
 */
export function formatClockChanges(
  zone: string,
  nowMs: number,
  night?: Pick<InstalledSoak, 'at' | 'on'>,
): string[] {
  const changes = findClockChanges(zone, nowMs, 400).slice(0, 2);
  if (changes.length === 0) return [`${zone}: clocks do not change`];
  return changes.map((change) => {
    const { atMs, beforeMin, afterMin } = change;
    const [before, after] = [localTime(atMs, beforeMin), localTime(atMs, afterMin)].map(formatTime);
    const what = `${zone}: clocks go from ${before} to ${after?.slice(-5)}`;
    const effect = night === undefined ? 'none' : effectOn(night, change);
    if (effect === 'none') return what;
    return effect === 'skipped'
      ? `${what}: ${night?.at} does not exist, so the soak starts at ${after?.slice(-5)}`
      : `${what}: ${night?.at} occurs twice, but the soak starts only once`;
  });
}

function formatTime(local: Date): string {
  return local.toISOString().slice(0, 16).replace('T', ' ');
}

function offsetsOf(zone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (atMs) => {
    const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign = '+', hours = '0', minutes = '0'] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  };
}
