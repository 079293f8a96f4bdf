import type { SeriesCounts } from './types.ts';

/** Counters that are kept second by second where seconds are rolled up; the others are kept as sums alone. */
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

/** Counts by key that are kept likewise, a column a key. */
const KEYED = ['outcomes', 'statuses', 'tunnelStatuses'] as const;

/** Stalls by the second of their SYN, where there were any: three numbers each, see {@link takeStalls}. */
const STALLS = 'stalledBySecond';

/**
 * Of one series, by column: a value for each second of a window, in order. Columns of zeros are left out; one that says
 * the same of every second says it once.
 */
export type Columns = Record<string, number[]>;

/** Enters one second's counts into columns. @param offset seconds since the window's first */
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
    // A difference is shorter than a moment of a long night.
    stalls.push(at.offset, at.second - Number(sentIn), count);
    columns[STALLS] = stalls;
  }
}

/** A column as short as it may be. */
export function fold(column: readonly number[]): number[] {
  return column.every((value) => value === column[0]) ? column.slice(0, 1) : [...column];
}

/** A value for each second again. */
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

/** Gives each second what columns say of it. @param open the counts of a second, by its offset */
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
      if (count !== 0) (open(offset)[name] as Record<string, number>)[key] = count;
    }
  }
  takeStalls(columns[STALLS] ?? [], firstSecond, open);
}

/** Three numbers after the other: offset of the second in which they turned out, seconds since their SYN, how many. */
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

/** What columns do not tell of a window's sums. */
export function withoutColumns(sums: Readonly<SeriesCounts>): SeriesCounts {
  const zeros = Object.fromEntries(COUNTED.map((name) => [name, 0]));
  return { ...sums, ...zeros, outcomes: {}, statuses: {}, tunnelStatuses: {}, stalledBySecond: {} };
}
