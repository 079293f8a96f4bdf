import { UsageError } from '../../errors.ts';
import { quoteTyped } from '../../render/escape.ts';
import { nextStart } from '../../service/schedule.ts';

/** Orders are kept for 30 days. */
const MOST_AHEAD_MS = 29 * 86_400_000;

/**
 * A moment in the future: `02:00`, `02:00:30` (the next one, local time), or RFC 3339, local without an offset.
 * @param nowMs milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws UsageError
 */
export function parseStartTime(text: string, nowMs: number): number {
  const [, hour, minute, second = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim()) ?? [];
  const isTimeOfDay = hour !== undefined && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  const isMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.test(text.trim());
  const atMs = isTimeOfDay
    ? nextStart({ at: `${hour}:${minute}`, on: null }, nowMs - Number(second) * 1_000).getTime() +
      Number(second) * 1_000
    : isMoment && isInCalendar(text.trim())
      ? Date.parse(text.trim())
      : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new UsageError(`${quoteTyped(text)} is not a time`, {
      hint: 'write a time of day, such as 02:00 or 02:00:30, or a moment such as 2025-01-31T02:00:00Z',
    });
  }
  if (atMs <= nowMs || atMs - nowMs > MOST_AHEAD_MS) {
    throw new UsageError(`${quoteTyped(text)} is ${atMs <= nowMs ? 'over' : 'more than 29 days ahead'}`, {
      hint: 'choose a time within the next 29 days',
    });
  }
  return atMs;
}

/** Date.parse takes 31 November for 1 December (V8, as ECMA-262 leaves it open). @param text begins with YYYY-MM-DD */
function isInCalendar(text: string): boolean {
  const date = text.slice(0, 10);
  const read = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(date);
}
