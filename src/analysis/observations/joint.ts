import { listOutages, type Outage } from '../outages.ts';
import { cutsIn, emptySecond, type SecondCounts } from '../second-columns.ts';
import type { ArmSeen } from './types.ts';

/** Counts of several arms together, second by second; index 0 is second 0 of the run. */
export interface Joint {
  readonly started: readonly number[];
  /** Got through: established, or refused by a port that should refuse. */
  readonly through: readonly number[];
  /** Of those that had got through, ended. */
  readonly ended: readonly number[];
  /** Stalled, or refused though they should not have been. */
  readonly bad: readonly number[];
  /** Of those, refused. */
  readonly refused: readonly number[];
  readonly outages: readonly Outage[];
}

/** Longer runs are judged by their windows: this is for those that people watch. */
const LONGEST_SEC = 4 * 3_600;

/** Adds arms up, second by second; undefined for runs of more than four hours. */
export function joinArms(arms: readonly ArmSeen[]): Joint | undefined {
  const bySecond = new Map<number, SecondCounts>();
  const ended: number[] = [];
  let last = -1;
  for (const { arm, series } of arms) {
    const shouldRefuse = arm.expect.kind === 'refused';
    for (const [second, counts] of series.bySecond) {
      if (second < 0) continue;
      if (second > LONGEST_SEC) return undefined;
      last = Math.max(last, second);
      const sum = bySecond.get(second) ?? emptySecond();
      bySecond.set(second, sum);
      sum.started += Math.max(0, counts.started);
      sum.established += shouldRefuse ? counts.completed : counts.established;
      sum.stalled += counts.stalled;
      sum.refused += shouldRefuse ? 0 : counts.refused;
      ended[second] =
        (ended[second] ?? 0) + (shouldRefuse ? counts.completed : counts.completed + cutsIn(counts));
    }
  }
  const list = (of: (second: number) => number): number[] =>
    Array.from({ length: last + 1 }, (_, second) => of(second));
  const get = (second: number): SecondCounts | undefined => bySecond.get(second);
  return {
    started: list((second) => get(second)?.started ?? 0),
    through: list((second) => get(second)?.established ?? 0),
    ended: list((second) => ended[second] ?? 0),
    bad: list((second) => {
      const counts = get(second);
      return counts === undefined ? 0 : Math.min(counts.started, counts.stalled + counts.refused);
    }),
    refused: list((second) => Math.min(get(second)?.started ?? 0, get(second)?.refused ?? 0)),
    outages: listOutages(new Map([...bySecond].sort(([a], [b]) => a - b))),
  };
}

/** Sums up to the end of each second: `sums[s]` is of seconds 0 to s. */
export function sumUp(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => (sum += count));
}
