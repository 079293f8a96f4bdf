import type { AttemptRecord } from '../engine/types.ts';
import type { DropReason, Outcome } from '../outcome/outcome.ts';
import type { SweepPair } from '../plan/sweep.ts';
import { type Feeder, Waits } from './feeder.ts';

/** The addresses of a pair: indexes into the arm's sources. */
const FIRST = 0;
const SECOND = 1;

/** What a sweep needs to start attempts. */
export interface SweepLauncher {
  /** What prevents the next attempt from being started now; undefined if nothing does. */
  blockedReason(nowUs: number): DropReason | undefined;
  /** @param delayUs how long the port has rested on purpose; -1 for the first of a pair */
  startFrom(attempt: number, intendedAtUs: number, source: number, port: number, delayUs: number): void;
  drop(attempt: number, reason: DropReason): void;
}

interface Due {
  readonly pair: SweepPair;
  readonly atUs: number;
}

/**
 * Delta sweep: the first attempt of each pair starts on schedule, the second when the pair's delay has passed since
 * the first closed. If the first did not end as expected, it leaves nothing to measure, and there is no second.
 */
export function createSweepFeeder(
  share: readonly SweepPair[],
  launcher: SweepLauncher,
  maxLatenessUs: number,
): Feeder {
  const open = new Map<number, SweepPair>();
  /** Second attempts of pairs, soonest first. */
  const seconds: Due[] = [];
  let next = 0;
  let stopped = false;

  const waits = new Waits();
  const isInTheWay = (nowUs: number): boolean => {
    const blockedReason = launcher.blockedReason(nowUs);
    if (blockedReason !== undefined) waits.note(blockedReason, nowUs);
    return blockedReason !== undefined;
  };

  const launchSecond = ({ pair, atUs }: Due, nowUs: number): boolean => {
    const attempt = pair.attempt + 1;
    // If it started later than intended, it would be counted under a delay that it did not have.
    if (nowUs - atUs > Math.min(maxLatenessUs, pair.delayUs / 10)) {
      launcher.drop(attempt, waits.reasonOf(atUs, launcher.blockedReason(nowUs)));
      return true;
    }
    if (isInTheWay(nowUs)) return false;
    launcher.startFrom(attempt, atUs, SECOND, pair.port, pair.delayUs);
    return true;
  };

  const launchFirst = (pair: SweepPair, nowUs: number): boolean => {
    if (nowUs - pair.firstAtUs > maxLatenessUs) {
      launcher.drop(pair.attempt, waits.reasonOf(pair.firstAtUs, launcher.blockedReason(nowUs)));
      return true;
    }
    if (isInTheWay(nowUs)) return false;
    open.set(pair.attempt, pair);
    launcher.startFrom(pair.attempt, pair.firstAtUs, FIRST, pair.port, -1);
    return true;
  };

  return {
    standing() {
      if (stopped) return 'exhausted';
      if (next < share.length || seconds.length > 0) return 'timed';
      // A second becomes due as soon as its first has ended as expected.
      return open.size > 0 ? 'waiting' : 'exhausted';
    },
    nextDueUs() {
      const firstUs = share[next]?.firstAtUs ?? Number.POSITIVE_INFINITY;
      const secondUs = seconds[0]?.atUs ?? Number.POSITIVE_INFINITY;
      return Math.min(firstUs, secondUs);
    },
    launch(nowUs, budget) {
      if (stopped) return 0;
      let handled = 0;
      while (handled < budget && seconds[0] !== undefined && seconds[0].atUs <= nowUs) {
        if (!launchSecond(seconds[0], nowUs)) return handled;
        seconds.shift();
        handled += 1;
      }
      for (let pair = share[next]; handled < budget && pair !== undefined; pair = share[next]) {
        if (pair.firstAtUs > nowUs || !launchFirst(pair, nowUs)) break;
        next += 1;
        handled += 1;
      }
      return handled;
    },
    settled(record: Readonly<AttemptRecord>, outcome: Outcome) {
      const pair = open.get(record.attempt);
      if (pair === undefined) return;
      open.delete(record.attempt);
      if (outcome !== 'ok') return;
      const atUs = record.endedAtUs + pair.delayUs;
      const place = seconds.findIndex((due) => due.atUs > atUs);
      seconds.splice(place === -1 ? seconds.length : place, 0, { pair, atUs });
    },
    stop() {
      stopped = true;
    },
  };
}
