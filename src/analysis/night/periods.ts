import type { Arm } from '../../scenario/types.ts';
import { chanceOfAtLeast } from '../binomial.ts';
import type { Stretch } from '../findings/finder.ts';
import type { Tally } from '../tally.ts';

/** Fewer are chance's, on any path; the same as for a whole run. */
const FEWEST = 3;

/** A smaller share is what any long run has; the same as for a whole run. */
const SMALLEST_SHARE = 0.001;

/** That chance made a window so ill, or a pause so clean, must be this unlikely, of all windows together. */
const LUCK = 0.001;

/** A window of one arm. */
interface Counted {
  readonly index: number;
  readonly count: number;
  readonly of: number;
}

export interface IllWindows {
  /** Windows with load. */
  readonly windows: number;
  readonly lengthSec: number;
  /** In order, none overlap; each begins and ends with a window. Empty: nothing is ill at times, though it may be throughout. */
  readonly periods: readonly Stretch[];
}

/**
 * When a soak was ill. A window is ill if a share that any path has would not explain it, and two belong together if chance would
 * explain how few there were in between. What is ill from the first window to the last has no periods.
 * @param windowSec length of a window, whole seconds
 */
export function findIllPeriods(arms: readonly Arm[], tally: Tally, windowSec: number): IllWindows {
  const loaded = arms.filter(({ via, load }) => via !== 'icmp' && load.kind !== 'sweep');
  const all = new Set<number>();
  const stretches = loaded.flatMap(({ name }) =>
    (['stalled', 'refused'] as const).flatMap((kind) => {
      const windows = countWindows(tally, name, kind, windowSec);
      for (const { index } of windows) all.add(index);
      return joinIll(windows);
    }),
  );
  const joined = unite(stretches);
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const isThroughout = joined.length === 1 && joined[0]![0] <= first && joined[0]![1] >= last;
  const periods = isThroughout
    ? []
    : joined.map(([from, to]) => ({ fromSec: from * windowSec, toSec: (to + 1) * windowSec }));
  return { windows: all.size, lengthSec: windowSec, periods };
}

function countWindows(tally: Tally, arm: string, kind: 'stalled' | 'refused', windowSec: number): Counted[] {
  const windows = new Map<number, { count: number; of: number }>();
  for (const [second, counts] of tally.series(arm).bySecond) {
    if (counts.started <= 0 && counts[kind] <= 0) continue;
    const index = Math.floor(second / windowSec);
    const window = windows.get(index) ?? { count: 0, of: 0 };
    window.count += counts[kind];
    window.of += counts.started;
    windows.set(index, window);
  }
  return [...windows]
    .map(([index, { count, of }]) => ({ index, count: Math.min(count, of), of }))
    .filter(({ of }) => of > 0)
    .sort((a, b) => a.index - b.index);
}

/** First and last window of each stretch that is ill. */
function joinIll(windows: readonly Counted[]): (readonly [from: number, to: number])[] {
  const isIll = ({ count, of }: Counted): boolean =>
    count >= FEWEST &&
    count >= of * SMALLEST_SHARE &&
    chanceOfAtLeast(count, of, SMALLEST_SHARE) <= LUCK / windows.length;
  const stretches: [number, number][] = [];
  for (const [at, window] of windows.entries()) {
    if (!isIll(window)) continue;
    const last = stretches.at(-1);
    const share = shareOf(windows.slice(last?.[0] ?? at, (last?.[1] ?? at) + 1));
    const between = windows.slice((last?.[1] ?? at) + 1, at);
    if (last !== undefined && mayBe(between, Math.min(share, shareOf([window])))) last[1] = at;
    else stretches.push([at, at]);
  }
  return stretches.map(([from, to]) => [windows[from]!.index, windows[to]!.index] as const);
}

/** Whether chance explains how few there were, at that share. */
function mayBe(windows: readonly Counted[], share: number): boolean {
  const { count, of } = sum(windows);
  return of === 0 || 1 - chanceOfAtLeast(count + 1, of, share) > LUCK;
}

function shareOf(windows: readonly Counted[]): number {
  const { count, of } = sum(windows);
  return of === 0 ? 0 : count / of;
}

function sum(windows: readonly Counted[]): { readonly count: number; readonly of: number } {
  return windows.reduce((all, { count, of }) => ({ count: all.count + count, of: all.of + of }), {
    count: 0,
    of: 0,
  });
}

/** Those that overlap, or follow each other at once, as one. */
function unite(stretches: readonly (readonly [from: number, to: number])[]): [number, number][] {
  const united: [number, number][] = [];
  for (const [from, to] of stretches.toSorted(([a], [b]) => a - b)) {
    const last = united.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else united.push([from, to]);
  }
  return united;
}
