/** A moment as people who look at nights name it. */
export interface LocalDay {
  /** `2026-11-14` */
  readonly date: string;
  /** `01:30` */
  readonly time: string;
  /** Saturday or Sunday. */
  readonly weekend: boolean;
}

/** @param timeZone IANA name: a night at 01:30 in Berlin began the day before in UTC */
export function localDayOf(rfc3339: string, timeZone: string): LocalDay {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  const parts = new Map(format.formatToParts(new Date(rfc3339)).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
    weekend: part('weekday') === 'Sat' || part('weekday') === 'Sun',
  };
}
