import { emptySecond, type SecondCounts, type SeriesTally } from './tally.ts';

/**
 * A clean second shows that time rather than rate matters if its load was at least this share of the load at the
 * onset.
 */
const AS_FAST = 0.8;

/** How an arm performed before its first stall, and from then on. */
export interface Onset {
  /** From its first start to the second of the first stall. */
  readonly afterSec: number;
  /** Attempts started before that second. */
  readonly cleanStarts: number;
  /** Of those, at a rate about as high as that at the onset. */
  readonly cleanStartsAsFast: number;
  readonly startsPerSec: number;
  readonly startsAfter: number;
  /** At most `startsAfter`. */
  readonly stalledAfter: number;
  /**
   * From the second of the first stall to the end of the last one in which something was started, seconds of the run.
   */
  readonly during: { readonly fromSec: number; readonly toSec: number };
}

type Row = readonly [second: number, counts: Pick<SecondCounts, 'started' | 'stalled'>];

/**
 * Undefined if nothing stalled.
 * @param ramp what the arm's ramps did: they use up ports too
 */
export function measureOnset({ bySecond }: SeriesTally, ramp?: SeriesTally): Onset | undefined {
  const rows = merge(bySecond, ramp?.bySecond);
  const first = rows.findIndex(([, { stalled }]) => stalled > 0);
  if (first < 0) return undefined;
  const clean = rows.slice(0, first);
  const after = rows.slice(first);
  const startsPerSec = rows[first]![1].started;
  const startsAfter = Math.max(1, count(after, 'started'));
  const stalledAfter = Math.min(startsAfter, count(after, 'stalled'));
  return {
    afterSec: rows[first]![0] - rows[0]![0],
    cleanStarts: count(clean, 'started'),
    cleanStartsAsFast: count(
      clean.filter(([, { started }]) => started >= startsPerSec * AS_FAST),
      'started',
    ),
    startsPerSec,
    ...{ startsAfter, stalledAfter },
    during: { fromSec: rows[first]![0], toSec: rows[rows.length - 1]![0] + 1 },
  };
}

function merge(
  measured: ReadonlyMap<number, SecondCounts>,
  ramp: ReadonlyMap<number, SecondCounts> = new Map(),
): Row[] {
  const seconds = [...new Set([...measured.keys(), ...ramp.keys()])].sort((a, b) => a - b);
  const rows = seconds.map((second): Row => {
    const [a, b] = [measured, ramp].map((counts) => counts.get(second) ?? emptySecond());
    return [second, { started: a!.started + b!.started, stalled: a!.stalled + b!.stalled }];
  });
  // Idle phases before the first start do not count as a clean beginning.
  const begun = rows.findIndex(([, { started, stalled }]) => started > 0 || stalled > 0);
  return begun < 0 ? [] : rows.slice(begun);
}

function count(rows: readonly Row[], what: 'started' | 'stalled'): number {
  return rows.reduce((sum, [, counts]) => sum + counts[what], 0);
}
