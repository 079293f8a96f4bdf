import { addCounts, emptyCounts } from '../metrics/counts.ts';
import type { SeriesCounts } from '../metrics/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Arm } from '../scenario/types.ts';
import { sendsNothing } from '../scenario/words.ts';

/** The part of one second of a pre-load check that is judged. */
export interface LookSecond {
  readonly series: Readonly<Record<string, SeriesCounts>>;
  /** Median time from start to complete response, microseconds, by arm; absent: no response in that second. */
  readonly totalUs: ReadonlyMap<string, number>;
}

export interface LookVerdict {
  readonly attempts: number;
  readonly completed: number;
  /** What failed, timed out or got slower, in words; empty: nothing. */
  readonly signs: readonly string[];
}

/** A single failure is no sign; one in a hundred is. */
const [FEWEST, SMALLEST_SHARE] = [2, 0.01];
/**
 * Responses that take three times as long at the end as at the beginning, and a quarter of a second longer, are
 * queueing somewhere.
 */
const [GROWTH, GROWTH_US] = [3, 250_000];

const SIGNS: readonly {
  readonly outcomes: readonly Outcome[];
  readonly word: (arm: Arm, counts: SeriesCounts) => string;
}[] = [
  {
    outcomes: ['response-timeout', 'tunnel-timeout', 'tls-timeout'],
    word: ({ responseTimeoutUs }) => `had no complete answer within ${responseTimeoutUs / 1_000_000} s`,
  },
  {
    outcomes: ['response-reset', 'response-empty', 'response-truncated', 'tunnel-closed', 'tunnel-cut'],
    word: () => 'were reset or closed before the answer was complete',
  },
  {
    outcomes: ['unexpected-status', 'tunnel-refused'],
    word: (arm, counts) => `got an unexpected status${nameStatuses(arm, counts)}`,
  },
];

/**
 * Judges proxy and target by the pre-load check. Handshakes that stall or fail do not matter here: counting those is
 * the purpose of the run.
 * @param arms of the check
 * @param seconds in order
 */
export function judgeLook(arms: readonly Arm[], seconds: readonly LookSecond[]): LookVerdict {
  const sums = new Map(
    arms.map(({ name }): [string, SeriesCounts] => {
      const sum = emptyCounts();
      for (const { series } of seconds) if (series[name] !== undefined) addCounts(sum, series[name]);
      return [name, sum];
    }),
  );
  const total = (figure: 'started' | 'completed'): number =>
    [...sums.values()].reduce((all, counts) => all + counts[figure], 0);
  return {
    attempts: total('started'),
    completed: total('completed'),
    signs: arms
      .filter(({ via }) => !sendsNothing(via))
      .flatMap((arm) => [...findFailures(arm, sums.get(arm.name)!), ...findGrowth(arm.name, seconds)]),
  };
}

function findFailures(arm: Arm, counts: SeriesCounts): string[] {
  const { outcomes, started } = counts;
  return SIGNS.flatMap((sign) => {
    const count = sign.outcomes.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
    if (count < FEWEST || count < started * SMALLEST_SHARE) return [];
    return [`${count} of ${started} requests of arm ${arm.name} ${sign.word(arm, counts)}`];
  });
}

/** The unexpected statuses, by number: a 503 and a 407 call for different remedies. */
function nameStatuses({ expect }: Arm, { statuses, tunnelStatuses }: SeriesCounts): string {
  const expected = expect.kind === 'status' ? expect.statuses.map(String) : [];
  const names = [...Object.keys(statuses), ...Object.keys(tunnelStatuses)];
  const others = [...new Set(names)].filter((name) => name !== '200' && !expected.includes(name)).sort();
  return others.length === 0 ? '' : `: ${others.join(', ')}`;
}

function findGrowth(arm: string, seconds: readonly LookSecond[]): string[] {
  const medians = seconds.flatMap(({ totalUs }) => totalUs.get(arm) ?? []);
  const third = Math.floor(medians.length / 3);
  if (third === 0) return [];
  const first = middle(medians.slice(0, third));
  const last = middle(medians.slice(-third));
  if (last < first * GROWTH || last < first + GROWTH_US) return [];
  const inMs = (us: number): string => `${Math.round(us / 1_000)} ms`;
  return [`responses of arm ${arm} took ${inMs(first)} at first and ${inMs(last)} at the end`];
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
