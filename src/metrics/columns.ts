import type { SeriesCounts } from './types.ts';

/** Counters kept per second when seconds are rolled up; the others are kept only as sums. */
const COUNTED = [
  'scheduled',
  'started',
  'unsent',
  'established',
  'completed',
  'requests',
  'recovered',
  'frozen',
  'unresolved',
  'healed',
  'slow',
] as const;

/** Counts by key that are kept likewise, one column per key. */
const KEYED = ['outcomes', 'statuses', 'tunnelStatuses', 'browsing'] as const;

/** Stalls by the second of their SYN, if there were any: three numbers each, see {@link takeStalls}. */
const STALLS = 'stalledBySecond';

/**
 * The columns of one series: one value for each second of a window, in order. Columns of zeros are left out; a column
 * with the same value throughout has it once.
 */
export type Columns = Record<string, number[]>;

/**
 * Enters one second's counts into columns.
 * @param offset seconds since the window's first
 */
export function enterColumns(
  columns: Columns,
  counts: Readonly<SeriesCounts>,
  at: { readonly offset: number; readonly seconds: number; readonly second: number },
): void {
  const add = (name: string, count: number): void => {
    if (count === 0) return;
    const column = columns[name] ?? new Array<number>(at.seconds).fill(0);
    column[at.offset] = (column[at.offset] ?? 0) + count;
    columns[name] = column;
  };
  for (const name of COUNTED) add(name, counts[name]);
  for (const name of KEYED) {
    for (const [key, count] of Object.entries(counts[name] ?? {})) add(`${name}.${key}`, count);
  }
  for (const [sentIn, count] of Object.entries(counts.stalledBySecond)) {
    const stalls = columns[STALLS] ?? [];
    // A difference is shorter than an absolute time in a long night.
    stalls.push(at.offset, at.second - Number(sentIn), count);
    columns[STALLS] = stalls;
  }
}

/** The shortest form of a column. */
export function fold(column: readonly number[]): number[] {
  return column.every((value) => value === column[0]) ? column.slice(0, 1) : [...column];
}

/** Expands to one value per second again. */
export function unfold(column: readonly number[], seconds: number): readonly number[] {
  return column.length === 1 ? new Array<number>(seconds).fill(column[0] ?? 0) : column;
}

export function foldColumns(columns: Readonly<Columns>): Columns {
  const folded = Object.entries(columns).map(([name, column]) => [
    name,
    name === STALLS ? column : fold(column),
  ]);
  return Object.fromEntries(folded);
}

/**
 * Adds the columns' values to each second.
 * @param open returns the counts of a second, by its offset
 */
export function readColumns(
  columns: Readonly<Columns>,
  { second: firstSecond, seconds }: { readonly second: number; readonly seconds: number },
  open: (offset: number) => SeriesCounts,
): void {
  for (const name of COUNTED) {
    for (const [offset, count] of unfold(columns[name] ?? [], seconds).entries())
      if (count !== 0) open(offset)[name] = count;
  }
  for (const [path, column] of Object.entries(columns)) {
    const name = KEYED.find((keyed) => path.startsWith(`${keyed}.`));
    if (name === undefined) continue;
    const key = path.slice(name.length + 1);
    for (const [offset, count] of unfold(column, seconds).entries()) {
      if (count === 0) continue;
      const counts = open(offset);
      counts[name] ??= {};
      (counts[name] as Record<string, number>)[key] = count;
    }
  }
  takeStalls(columns[STALLS] ?? [], firstSecond, open);
}

/** Three numbers each: offset of the second in which they were detected, seconds since their SYN, how many. */
function takeStalls(
  stalls: readonly number[],
  firstSecond: number,
  open: (offset: number) => SeriesCounts,
): void {
  for (let index = 0; index + 2 < stalls.length; index += 3) {
    const [offset = 0, since = 0, count = 0] = stalls.slice(index, index + 3);
    const { stalledBySecond } = open(offset);
    const sentIn = firstSecond + offset - since;
    stalledBySecond[sentIn] = (stalledBySecond[sentIn] ?? 0) + count;
  }
}

/** The part of a window's sums that columns do not contain. */
export function withoutColumns(sums: Readonly<SeriesCounts>): SeriesCounts {
  const zeros = Object.fromEntries(COUNTED.map((name) => [name, 0]));
  const { browsing: _, ...rest } = sums;
  return { ...rest, ...zeros, outcomes: {}, statuses: {}, tunnelStatuses: {}, stalledBySecond: {} };
}
