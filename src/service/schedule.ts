import { UsageError } from '../errors.ts';
import type { InstalledSoak } from './installed-soak.ts';

/** As Date.getDay() and cron number them; the first three letters do as well. */
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

type When = Pick<InstalledSoak, 'at' | 'on'>;

/**
 * A time of day, `01:30` or `1:30`.
 * @throws UsageError
 */
export function parseAt(text: string): string {
  const [, hour = '', minute = ''] = /^(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  if (hour === '' || Number(hour) > 23 || Number(minute) > 59) {
    throw new UsageError(`"${text}" is not a time of day`, {
      hint: 'write hours and minutes, 00:00 to 23:59, such as 01:30',
    });
  }
  return `${hour.padStart(2, '0')}:${minute}`;
}

/**
 * Days as systemd.time(7) has them: `Mon..Fri`, `Sat,Sun`, `Mon..Wed,Fri`.
 * @returns the days, 0 for Sunday, ascending
 * @throws UsageError
 */
export function parseDays(on: string | null): number[] {
  if (on === null) return DAYS.map((_, day) => day);
  const days = new Set<number>();
  for (const part of on.split(',')) {
    const ends = part.split('..').map(dayOf);
    const [from, to = from] = ends;
    if (from === undefined || to === undefined || ends.length > 2 || ends.includes(undefined)) {
      throw new UsageError(`"${on}" are not days of the week`, {
        hint: 'write them as systemd does: Mon..Fri, or Sat,Sun',
      });
    }
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

function dayOf(word: string): number | undefined {
  const text = word.trim().toLowerCase();
  const index = DAYS.findIndex((day) => day === text || day.slice(0, 3) === text);
  return index < 0 ? undefined : index;
}

/** OnCalendar= of systemd.time(7), in local time. */
export function calendarOf({ at, on }: When): string {
  return `${on === null ? '' : `${on.replace(/\s/g, '')} `}*-*-* ${at}:00`;
}

/** The first five fields of a line of crontab(5). */
export function cronTimeOf({ at, on }: When): string {
  const [hour, minute] = at.split(':').map(Number);
  return `${minute} ${hour} * * ${on === null ? '*' : parseDays(on).join(',')}`;
}

/** The first start after a moment, in local time; where clocks skip it, as they do so. */
export function nextStart({ at, on }: When, afterMs: number): Date {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const days = parseDays(on);
  const next = new Date(afterMs);
  next.setHours(hour, minute, 0, 0);
  while (next.getTime() <= afterMs || !days.includes(next.getDay())) {
    next.setDate(next.getDate() + 1);
    // A day on which clocks change may have moved it.
    next.setHours(hour, minute, 0, 0);
  }
  return isAt(next, hour, minute) ? next : endOfGap(next);
}

function isAt(moment: Date, hour: number, minute: number): boolean {
  return moment.getHours() === hour && moment.getMinutes() === minute;
}

/** Clocks skip that time: Date continues as if they had not, and the soak starts when they are set forward. */
function endOfGap(moment: Date): Date {
  const minuteBefore = (date: Date): Date => new Date(date.getTime() - 60_000);
  let end = moment;
  while (minuteBefore(end).getTimezoneOffset() === moment.getTimezoneOffset()) end = minuteBefore(end);
  return end;
}

/** Whether two soaks would run at the same time in an ordinary week. */
export function overlap(
  a: When & Pick<InstalledSoak, 'forUs'>,
  b: When & Pick<InstalledSoak, 'forUs'>,
): boolean {
  const minutesOf = (us: number): number => us / 60_000_000;
  return startsOf(a).some((first) =>
    startsOf(b).some((second) => {
      const afterFirst = (second - first + WEEK_MINUTES) % WEEK_MINUTES;
      const afterSecond = (first - second + WEEK_MINUTES) % WEEK_MINUTES;
      return afterFirst < minutesOf(a.forUs) || afterSecond < minutesOf(b.forUs);
    }),
  );
}

/** Minutes since Sunday's midnight. */
function startsOf({ at, on }: When): number[] {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  return parseDays(on).map((day) => day * DAY_MINUTES + hour * 60 + minute);
}
