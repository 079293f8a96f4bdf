import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../engine/types.ts';
import type { Feeder } from './feeder.ts';
import type { LoopEngine } from './join-engines.ts';

/** Starts in one go before the engine is polled again, so that answers are not timed late behind a burst. */
const MAX_STARTS_PER_ROUND = 64;

/** Longest wait inside the engine: Node's own loop (messages, timers) gets its turn at least this often. */
const MAX_POLL_US = 1_000;

/** How long rounds may follow one another before Node's own loop gets a turn, when there is always work. */
const MAX_BUSY_US = 2_000;

/** With nothing to poll for and the next start further off than this, the thread sleeps on a timer of Node's. */
const SLEEP_ABOVE_US = 3_000;

/** Longest sleep, so that a stop is noticed soon. */
const MAX_SLEEP_US = 100_000;

/** Longest sleep while an engine that Node drives has attempts open: their end may let the next one start. */
const MAX_SLEEP_WHILE_OPEN_US = 1_000;

/** A timer may fire a millisecond late: wake this much before the next start is due and poll the rest of the way. */
const WAKE_EARLY_US = 1_500;

/** How long a user's stop waits for what is open before it is given up as abandoned. */
const STOP_DRAIN_US = 5_000_000;

/** What the loop asks of a feeder; the ends of attempts it hears from others. */
export type LoopFeeder = Pick<Feeder, 'nextDueUs' | 'launch' | 'stop'>;

export interface LoopOptions {
  readonly engine: LoopEngine;
  readonly feeders: readonly LoopFeeder[];
  readonly clock: Clock;
  /** How long, once nothing is due any more, to wait for what is open. */
  readonly drainUs: number;
  /** Called when a second is over, before anything of the next one starts; seconds slept through are left out. */
  readonly onSecond: (second: number) => void;
}

export interface Loop {
  /** Resolves once every attempt has settled. */
  readonly finished: Promise<void>;
  stop(how: 'drain' | 'abort'): void;
}

/** Runs feeders and engine in turns with Node's own loop, from clock 0 (not before) until all is settled. */
export function runLoop(options: LoopOptions): Loop {
  const { engine, feeders, clock } = options;
  let deadlineUs = Number.POSITIVE_INFINITY;
  let second = 0;

  const nextDueUs = (nowUs: number): number => {
    let soonestUs = Number.POSITIVE_INFINITY;
    for (const feeder of feeders) soonestUs = Math.min(soonestUs, feeder.nextDueUs(nowUs));
    return soonestUs;
  };

  const closeSeconds = (nowUs: number): void => {
    const current = Math.floor(nowUs / 1_000_000);
    if (current <= second) return;
    options.onSecond(second);
    second = current;
  };

  const round = (waitLimitUs: number): void => {
    const nowUs = clock();
    closeSeconds(nowUs);
    for (const feeder of feeders) feeder.launch(nowUs, MAX_STARTS_PER_ROUND);
    const untilDueUs = nextDueUs(nowUs) - clock();
    engine.poll(Math.max(0, Math.min(untilDueUs, waitLimitUs)));
  };

  const drainExpired = (nowUs: number, exhausted: boolean): boolean => {
    if (exhausted && deadlineUs === Number.POSITIVE_INFINITY) deadlineUs = nowUs + options.drainUs;
    return nowUs >= deadlineUs;
  };

  const rest = (quietUs: number): Promise<void> => {
    if (quietUs <= (engine.polls ? SLEEP_ABOVE_US : WAKE_EARLY_US)) return nextTurn();
    const longestUs = engine.open > 0 ? MAX_SLEEP_WHILE_OPEN_US : MAX_SLEEP_US;
    return sleep(Math.min(Math.max(1_000, quietUs - WAKE_EARLY_US), longestUs) / 1_000);
  };

  const run = async (): Promise<void> => {
    while (clock() < 0) await rest(-clock());
    for (;;) {
      const beganUs = clock();
      // Waiting in the engine also bridges short gaps between starts: turns of Node's loop would burn the processor.
      do round(MAX_POLL_US);
      while (engine.polls && clock() - beganUs < MAX_BUSY_US && engine.open > 0);

      const nowUs = clock();
      const dueUs = nextDueUs(nowUs);
      const exhausted = dueUs === Number.POSITIVE_INFINITY;
      if (exhausted && engine.open === 0) return;
      if (drainExpired(nowUs, exhausted)) engine.abort();

      if (engine.polls && engine.open > 0) await nextTurn();
      else await rest(Math.min(dueUs - nowUs, (second + 1) * 1_000_000 - nowUs));
    }
  };

  return {
    finished: run(),
    stop(how) {
      for (const feeder of feeders) feeder.stop();
      engine.release();
      deadlineUs = Math.min(deadlineUs, how === 'abort' ? 0 : clock() + STOP_DRAIN_US);
    },
  };
}
