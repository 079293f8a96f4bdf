import type { Frame, SeriesCounts, Stall } from './types.ts';

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
