import { UsageError } from '../../errors.ts';

/** When a probe may send load, by its own local time. */
export interface HoursRule {
  /** As written, for refusals. */
  readonly text: string;
  /** On which a window begins: 0 Sunday to 6 Saturday, as Date has it. */
  readonly days: readonly number[];
  /** Minutes since midnight, inclusive. */
  readonly fromMin: number;
  /** Minutes since midnight, exclusive; below `fromMin`: on the next day. */
  readonly toMin: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MIN = 24 * 60;
const MINUTE_MS = 60_000;

const HINT = 'write days, times or both, such as mon-fri 20:00-06:00, 01:00-05:00 or sat,sun';

/**
 * Reads `mon-fri 20:00-06:00`: a window that ends before its beginning ends on the next day.
 * @throws UsageError
 */
export function parseHours(text: string): HoursRule {
  const words = text.trim().toLowerCase().split(/\s+/);
  const times = /^\d/.test(words.at(-1) ?? '') ? words.pop() : undefined;
  const days = words.length === 0 ? DAYS.map((_, day) => day) : readDays(words.join(''));
  const [fromMin, toMin] = times === undefined ? [0, DAY_MIN] : readTimes(times);
  if (days === undefined || fromMin === undefined || toMin === undefined || fromMin === DAY_MIN) {
    throw new UsageError(`"${text}" does not say when`, { hint: HINT });
  }
  if (fromMin === toMin) {
    throw new UsageError(`"${text}" begins and ends at the same time`, {
      hint: 'for all of a day write 00:00-24:00, or its name alone',
    });
  }
  return { text, days, fromMin, toMin };
}

function readDays(text: string): number[] | undefined {
  const days = text.split(',').flatMap((part) => {
    const [from = '', to = from, more] = part.split('-');
    const [first, last] = [DAYS.indexOf(from), DAYS.indexOf(to)];
    if (first < 0 || last < 0 || more !== undefined) return [Number.NaN];
    return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7);
  });
  return days.some(Number.isNaN) ? undefined : [...new Set(days)].sort();
}

function readTimes(text: string): (number | undefined)[] {
  const [from = '', to = '', more] = text.split('-');
  return more === undefined ? [readTime(from), readTime(to)] : [];
}

function readTime(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const min = Number(hours) * 60 + Number(minutes);
  return hours !== undefined && Number(minutes) < 60 && min <= DAY_MIN ? min : undefined;
}

/**
 * Whether all of a time lies within the hours; no rules: always. Times are judged minute by minute.
 * @param fromMs milliseconds since 1970
 */
export function isWithinHours(rules: readonly HoursRule[], fromMs: number, toMs: number): boolean {
  if (rules.length === 0) return true;
  for (let atMs = fromMs; atMs < toMs; atMs += MINUTE_MS) if (!isOpen(rules, atMs)) return false;
  return isOpen(rules, Math.max(fromMs, toMs - 1));
}

function isOpen(rules: readonly HoursRule[], atMs: number): boolean {
  const at = new Date(atMs);
  const [day, min] = [at.getDay(), at.getHours() * 60 + at.getMinutes()];
  return rules.some(({ days, fromMin, toMin }) => {
    const isOvernight = toMin < fromMin;
    const begunToday = days.includes(day) && min >= fromMin && (isOvernight || min < toMin);
    return begunToday || (isOvernight && days.includes((day + 6) % 7) && min < toMin);
  });
}
