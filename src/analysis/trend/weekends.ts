import { pnorm } from 'lib-r-math.js';
import type { JudgedTimeSeries } from './lines.ts';
import { rankShares } from './ranks.ts';
import type { SoakRun } from './types.ts';

/** Minimum number of nights of either kind. */
const MIN_OF_KIND = 3;

/** A remark costs nothing, but there should not be one for each of many figures by chance. */
const CLEARLY = 0.01;

/**
 * Reports figures for which weekends differ from other nights (Wilcoxon's rank sum test, normal approximation): such
 * differences hide others, and a weekend at the end of few nights may look like a change.
 */
export function findWeekendEffect(
  judged: readonly JudgedTimeSeries[],
  isWeekend: (night: SoakRun) => boolean,
): string[] {
  const names = judged.flatMap(({ timeSeries, found }) => {
    if (found === undefined || timeSeries.figure.role === 'aside') return [];
    const weekend = timeSeries.nights.map(isWeekend);
    const values = timeSeries.measured.map(({ value }) => value);
    return rankSumChance(values, weekend) <= CLEARLY ? [`${timeSeries.arm}.${timeSeries.figure.name}`] : [];
  });
  if (names.length === 0) return [];
  return [`weekends differ from other nights in ${names.join(', ')}: --weekdays compares like with like`];
}

function rankSumChance(values: readonly number[], isOne: readonly boolean[]): number {
  const ranks = rankShares({ values, classes: values.map(() => 0) });
  const length = values.length;
  const ones = isOne.filter(Boolean).length;
  if (ones < MIN_OF_KIND || length - ones < MIN_OF_KIND) return 1;
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / length;
  const squares = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  const sum = ranks.reduce((all, rank, index) => all + (isOne[index] === true ? rank - mean : 0), 0);
  const variance = (squares * ones * (length - ones)) / (length * (length - 1));
  return variance < 1e-12 ? 1 : 2 * pnorm(-Math.abs(sum) / Math.sqrt(variance));
}

/** A moment as people refer to a night. */
interface LocalDay {
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
