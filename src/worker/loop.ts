import type { Ticker } from '../net/ticker.ts';
import type { Feeder } from './feeder.ts';
import type { LoopEngine } from './join-engines.ts';

/** Starts in a row before the engine is polled again, so that a burst does not delay the timing of responses. */
const MAX_STARTS_PER_ROUND = 64;

/**
 * Longest wait inside the engine: Node's event loop runs at least this often. Only messages depend on it, and none is
 * urgent: a start that lacks a token is due again after a millisecond. With a tenth of this, merely holding a
 * connection took 6 % of a core.
 */
const MAX_POLL_US = 10_000;

/** Gaps between starts up to this long are waited out in the engine even if nothing is open. */
const MAX_GAP_US = 1_000;

/** How long rounds may follow one another before Node's event loop runs, if there is always work. */
const MAX_BUSY_US = 2_000;

/** With nothing to poll for and the next start further away than this, the thread sleeps on a Node timer. */
const SLEEP_ABOVE_US = 3_000;

/** Longest sleep, so that a stop is noticed soon. */
const MAX_SLEEP_US = 100_000;

/** Longest sleep while an engine that Node drives has attempts open: their end may let the next one start. */
const MAX_SLEEP_WHILE_OPEN_US = 1_000;

/** A timer may fire a millisecond late: wake this long before the next start is due and poll the rest of the time. */
const WAKE_EARLY_US = 1_500;

/** How long connections that are still being closed are waited for at the end. */
const CLOSE_US = 1_000_000;

/** How long a user's stop waits for open attempts before they are abandoned. */
const STOP_DRAIN_US = 5_000_000;

/**
 * From when the last attempt of this thread has settled until connections that were kept are closed: proofs of other threads may
 * still be waiting for an answer (PROOF_LIMIT_US), and every close may make room for one that should not live.
 */
const KEPT_US = 5_000_000;

/** What the loop needs of a feeder; the ends of attempts reach the feeder by another route. */
export interface LoopFeeder extends Pick<Feeder, 'standing' | 'nextDueUs' | 'launch' | 'stop'> {
  /** Has it told, between its turns, of what is due sooner than the loop was told. */
  onSooner?(tell: (dueUs: number) => void): void;
}

export interface LoopOptions {
  readonly engine: LoopEngine;
  readonly feeders: readonly LoopFeeder[];
  readonly clock: Ticker;
  /** How long, once nothing is left to start, to wait for open attempts; they are then abandoned. */
  readonly drainUs: number;
  /** When the connections of arms that hold them together are released, ascending. */
  readonly releases?: readonly { readonly atUs: number; readonly arm: number }[];
  /**
   * Called when a second is over, before anything of the next one starts.
   * @param starvedSec whole seconds in which this thread did not run: those after it that are over as well, and itself
   *   where the first turn came that late
   */
  readonly onSecond: (second: number, starvedSec: number) => void;
}

export interface Loop {
  /** Resolves once every attempt has settled. */
  readonly finished: Promise<void>;
  /** The second that it is in, or ended in: `onSecond` has not been called for it. */
  readonly second: number;
  stop(how: 'drain' | 'abort'): void;
}

/**
 * Alternates feeders and engine with Node's event loop, from clock 0 (not before) until all attempts have settled.
 */
export function runLoop(options: LoopOptions): Loop {
  return new TurnLoop(options);
}

/** Uses fixed callbacks, not promises: each turn would allocate several promises. */
class TurnLoop implements Loop {
  readonly finished: Promise<void>;
  readonly #engine: LoopEngine;
  readonly #feeders: readonly LoopFeeder[];
  readonly #clock: Ticker;
  readonly #options: LoopOptions;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  /** When a stop abandons open attempts; infinite if no stop was requested. */
  #stopAtUs = Number.POSITIVE_INFINITY;
  /** When the drain abandons open attempts; infinite while something is left to start. */
  #drainedAtUs = Number.POSITIVE_INFINITY;
  /** When to stop waiting for connections that are still being closed; infinite while others are open. */
  #closedAtUs = Number.POSITIVE_INFINITY;
  /** Of the releases, how many are over. */
  #released = 0;
  /** Connections that were still being closed when last looked. */
  #closing = Number.POSITIVE_INFINITY;
  /** Whether nothing is left to start. */
  #isExhausted = false;
  /** When the next attempt is due; infinite if the clock cannot tell. */
  #dueUs = Number.POSITIVE_INFINITY;
  /** While it sleeps. */
  #sleep: NodeJS.Timeout | undefined;
  /** When it then wakes. */
  #wakesAtUs = 0;
  #second = 0;
  /** Whether it ran in that second. */
  #hasRun = false;

  constructor(options: LoopOptions) {
    this.#engine = options.engine;
    this.#feeders = options.feeders;
    this.#clock = options.clock;
    this.#options = options;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    for (const feeder of this.#feeders) feeder.onSooner?.((dueUs) => this.#wakeFor(dueUs));
    this.#turn();
  }

  get second(): number {
    return this.#second;
  }

  stop(how: 'drain' | 'abort'): void {
    for (const feeder of this.#feeders) feeder.stop();
    this.#engine.release(how === 'abort');
    this.#stopAtUs = Math.min(this.#stopAtUs, how === 'abort' ? 0 : this.#now() + STOP_DRAIN_US);
  }

  readonly #turn = (): void => {
    this.#sleep = undefined;
    try {
      this.#takeTurn();
    } catch (error) {
      this.#reject(error);
    }
  };

  #takeTurn(): void {
    const engine = this.#engine;
    const beganUs = this.#now();
    if (beganUs < 0) {
      this.#rest(-beganUs);
      return;
    }
    let nowUs = beganUs;
    do {
      this.#round(nowUs);
      nowUs = this.#now();
      this.#lookAhead(nowUs);
      // Waiting in the engine also bridges short gaps between starts: turns of Node's loop would burn CPU.
    } while (
      engine.polls &&
      nowUs - beganUs < MAX_BUSY_US &&
      (engine.open > 0 || this.#dueUs - nowUs <= MAX_GAP_US)
    );

    if (this.#isExhausted && engine.open === 0 && this.#isClosed(nowUs)) {
      this.#resolve();
      return;
    }
    if (nowUs >= this.#stopAtUs || nowUs >= this.#drainedAtUs) this.#abort();

    if (engine.polls && engine.open + (engine.closing ?? 0) > 0) setImmediate(this.#turn);
    else this.#rest(Math.min(this.#dueUs - nowUs, (this.#second + 1) * 1_000_000 - nowUs));
  }

  /** Whether what has been kept is closed, and what is still being closed is waited for no longer. */
  #isClosed(nowUs: number): boolean {
    const { releases = [] } = this.#options;
    const closing = this.#engine.closing ?? 0;
    if (closing === 0) return true;
    if (this.#closedAtUs === Number.POSITIVE_INFINITY)
      this.#closedAtUs = nowUs + (releases.length === 0 ? CLOSE_US : KEPT_US);
    const isStopped = this.#stopAtUs !== Number.POSITIVE_INFINITY;
    if (releases.length === 0) return nowUs >= this.#closedAtUs;
    if (this.#closing === Number.POSITIVE_INFINITY) {
      if (nowUs < this.#closedAtUs && !isStopped) return false;
      this.#engine.closeKept?.();
    }
    // As long as there are fewer each time: very many take a while.
    if (closing < this.#closing) this.#closedAtUs = nowUs + CLOSE_US;
    this.#closing = closing;
    return nowUs >= this.#closedAtUs;
  }

  #release(nowUs: number): void {
    const { releases = [] } = this.#options;
    for (; (releases[this.#released]?.atUs ?? Number.POSITIVE_INFINITY) <= nowUs; this.#released += 1)
      this.#engine.release(false, releases[this.#released]!.arm);
  }

  /** Abandoned attempts free capacity, which must stay unused. */
  #abort(): void {
    for (const feeder of this.#feeders) feeder.stop();
    this.#engine.abort();
  }

  #round(nowUs: number): void {
    this.#closeSeconds(nowUs);
    if (this.#options.releases !== undefined) this.#release(nowUs);
    for (let index = 0; index < this.#feeders.length; index += 1)
      this.#feeders[index]!.launch(nowUs, MAX_STARTS_PER_ROUND);
    this.#lookAhead(nowUs);
    const untilUs = Math.min(this.#dueUs, (this.#second + 1) * 1_000_000) - this.#now();
    this.#engine.poll(Math.max(0, Math.min(untilUs, MAX_POLL_US)));
  }

  #now(): number {
    this.#clock.tick();
    return this.#clock.us[0]!;
  }

  /** Asks what is left to start and when; the answer starts and ends the drain. */
  #lookAhead(nowUs: number): void {
    this.#isExhausted = true;
    this.#dueUs = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#feeders.length; index += 1) {
      const feeder = this.#feeders[index]!;
      const standing = feeder.standing(nowUs);
      if (standing === 'exhausted') continue;
      this.#isExhausted = false;
      if (standing === 'timed') this.#dueUs = Math.min(this.#dueUs, feeder.nextDueUs(nowUs));
    }
    if (!this.#isExhausted) this.#drainedAtUs = Number.POSITIVE_INFINITY;
    else if (this.#drainedAtUs === Number.POSITIVE_INFINITY)
      this.#drainedAtUs = nowUs + this.#options.drainUs;
  }

  #closeSeconds(nowUs: number): void {
    const current = Math.floor(nowUs / 1_000_000);
    const hasRun = this.#hasRun;
    this.#hasRun = true;
    if (current <= this.#second) return;
    this.#options.onSecond(this.#second, current - this.#second - (hasRun ? 1 : 0));
    this.#second = current;
  }

  #rest(quietUs: number): void {
    if (quietUs <= (this.#engine.polls ? SLEEP_ABOVE_US : WAKE_EARLY_US)) {
      setImmediate(this.#turn);
      return;
    }
    const { open, longestRestUs = MAX_SLEEP_WHILE_OPEN_US } = this.#engine;
    const longestUs = open > 0 ? longestRestUs : MAX_SLEEP_US;
    const restUs = Math.min(Math.max(1_000, quietUs - WAKE_EARLY_US), longestUs);
    this.#wakesAtUs = this.#now() + restUs;
    this.#sleep = setTimeout(this.#turn, restUs / 1_000);
  }

  #wakeFor(dueUs: number): void {
    if (this.#sleep === undefined || dueUs >= this.#wakesAtUs) return;
    clearTimeout(this.#sleep);
    this.#sleep = undefined;
    setImmediate(this.#turn);
  }
}
