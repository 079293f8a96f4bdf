import { sumBeside, withoutBeside } from './beside.ts';
import {
  type Columns,
  enterColumns,
  fold,
  foldColumns,
  readColumns,
  unfold,
  withoutColumns,
} from './columns.ts';
import { addCounts, emptyCounts } from './counts.ts';
import { mergeFrames, sumGeneratorFaults } from './merge.ts';
import { isAside, type SettledFrame } from './set-aside.ts';
import { FAULT_KINDS, type Frame, type SeriesCounts, type SeriesName, type Stall } from './types.ts';

export { setAside, setAsideTag } from './set-aside.ts';

/**
 * Many seconds as one line: sums as in any frame, with `second` being the first of them, and per-second values for
 * what the analysis needs.
 */
export interface WindowFrame extends Frame {
  /** From the first second to the last, inclusive. */
  seconds: number;
  /** By series and column; the columns are those of columns.ts. */
  bySecond: Record<SeriesName, Columns>;
  /** Attempts open at the end of each second, a column like the others. */
  openBySecond: number[];
  /** Ranges of seconds that had a frame, as offset and length; absent if all had one. */
  present?: Stretch[];
  /** Ranges of seconds that were set aside; absent if there were none. */
  aside?: Stretch[];
}

type Stretch = [offset: number, seconds: number];

/** @param frames at least one, in the order of their seconds */
export function rollUp(frames: readonly Frame[]): WindowFrame {
  const second = frames[0]?.second ?? 0;
  const seconds = (frames.at(-1)?.second ?? second) - second + 1;
  const bySecond: Record<SeriesName, Columns> = {};
  const openBySecond = new Array<number>(seconds).fill(0);
  for (const frame of frames) {
    const at = { offset: frame.second - second, seconds, second: frame.second };
    openBySecond[at.offset] = frame.open;
    for (const [name, counts] of Object.entries(frame.series)) {
      bySecond[name] ??= {};
      enterColumns(bySecond[name], counts, at);
    }
  }
  const present = stretchesOf(frames, second);
  const aside = stretchesOf(frames.filter(isAside), second);
  const counted = frames.filter((frame) => !isAside(frame));
  const isWhole = present.length === 1 && present[0]?.[1] === seconds;
  const sums = withoutBeside(mergeFrames(frames));
  for (const kind of FAULT_KINDS) delete sums[kind];
  return {
    ...sums,
    // Drops while a link is down say nothing about this machine's filters.
    ...sumGeneratorFaults(counted),
    ...sumBeside(counted),
    // Open attempts are not summed: the value is that at the end.
    open: frames.at(-1)?.open ?? 0,
    seconds,
    bySecond: Object.fromEntries(
      Object.entries(bySecond).map(([name, columns]) => [name, foldColumns(columns)]),
    ),
    openBySecond: fold(openBySecond),
    ...(isWhole ? {} : { present }),
    ...(aside.length === 0 ? {} : { aside }),
  };
}

/**
 * The seconds of a window. Values not kept per second are in the last second of their series, the time of the first
 * start in its first one: the sums equal those of the window.
 */
export function unroll(window: WindowFrame): SettledFrame[] {
  const { second, seconds, series, bySecond, stallsLeftOut, tokens } = window;
  const openBySecond = unfold(window.openBySecond, seconds);
  const present = offsetsOf(window.present ?? [[0, seconds]]);
  const aside = new Set(offsetsOf(window.aside ?? []));
  const frames = new Map<number, SettledFrame>();
  for (const offset of present) {
    const open = openBySecond[offset] ?? 0;
    const frame = { second: second + offset, series: {}, open, stallsLeftOut: 0 };
    frames.set(offset, aside.has(offset) ? { ...frame, aside: true } : frame);
  }
  const last = frames.get(present.at(-1) ?? 0);
  if (last === undefined) return [];
  for (const [name, sums] of Object.entries(series)) {
    const opened = new Map<number, SeriesCounts>();
    readColumns(bySecond[name] ?? {}, window, (offset) => {
      const counts = opened.get(offset) ?? emptyCounts();
      opened.set(offset, counts);
      return counts;
    });
    if (opened.size === 0) opened.set(present.at(-1) ?? 0, emptyCounts());
    placeRest(opened, withoutColumns(sums));
    for (const [offset, counts] of opened) {
      const frame = frames.get(offset);
      if (frame !== undefined) frame.series[name] = counts;
    }
  }
  last.stallsLeftOut = stallsLeftOut;
  if (tokens !== undefined) last.tokens = tokens;
  const counted = [...frames.values()].findLast((frame) => !isAside(frame));
  if (counted !== undefined) Object.assign(counted, sumGeneratorFaults([window]), sumBeside([window]));
  return [...frames.values()];
}

function placeRest(seconds: ReadonlyMap<number, SeriesCounts>, rest: SeriesCounts): void {
  const offsets = [...seconds.keys()];
  const first = seconds.get(Math.min(...offsets));
  const last = seconds.get(Math.max(...offsets));
  if (first === undefined || last === undefined) return;
  first.firstBegunUs = rest.firstBegunUs;
  addCounts(last, { ...rest, firstBegunUs: -1 });
}

function stretchesOf(frames: readonly Frame[], first: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { second } of frames) {
    const offset = second - first;
    const last = stretches.at(-1);
    if (last === undefined || offset > last[0] + last[1]) stretches.push([offset, 1]);
    else last[1] = offset - last[0] + 1;
  }
  return stretches;
}

function offsetsOf(stretches: readonly Stretch[]): number[] {
  return stretches.flatMap(([offset, seconds]) =>
    Array.from({ length: seconds }, (_, index) => offset + index),
  );
}

const SECOND_US = 1_000_000;

/** The same second by the clock of a night in which its segment began `bySec` after the start. */
export function shiftFrame<T extends Frame>(frame: T, bySec: number): T {
  const series = Object.entries(frame.series).map(([name, counts]) => [name, shiftCounts(counts, bySec)]);
  return { ...frame, second: frame.second + bySec, series: Object.fromEntries(series) };
}

export function shiftStall(stall: Stall, bySec: number): Stall {
  return { ...stall, atUs: stall.atUs + bySec * SECOND_US };
}

function shiftCounts(counts: SeriesCounts, bySec: number): SeriesCounts {
  const later = (us: number): number => (us < 0 ? us : us + bySec * SECOND_US);
  const stalled = Object.entries(counts.stalledBySecond).map(([second, count]) => [
    String(Number(second) + bySec),
    count,
  ]);
  return {
    ...counts,
    firstBegunUs: later(counts.firstBegunUs),
    lastBegunUs: later(counts.lastBegunUs),
    lastEndUs: later(counts.lastEndUs),
    stalledBySecond: Object.fromEntries(stalled),
  };
}
