import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RushhourError } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { EventLog } from './event-log.ts';
import type { NightClock } from './host/clocks.ts';
import type { NightWatch } from './host/host-watch.ts';
import { describeInUse } from './host/in-use.ts';
import type { Seconds } from './recorder.ts';
import { stretchToRest } from './schedule.ts';
import { type Leg, openLeg } from './segment.ts';
import type { SoakListener, SoakOptions } from './soak-types.ts';

/** Between two tries to set the load up again. */
const RETRY_MS = 5_000;

/** Between "ready" and a leg's first attempt: every shard must have heard of it by then. */
const START_AHEAD_SEC = 0.1;

/** A leg ends by its own schedule; one that is this much late is stopped. */
const OVERTIME_US = 3_000_000;

/** How often that is looked at. */
const LOOK_MS = 500;

/** Legs that may end with a fault of a worker, one after the other, before the night is given up. */
const MAX_FAULTS = 5;

export interface NightParts {
  readonly options: SoakOptions;
  /** Of the whole night; its far end has an address. */
  readonly scenario: Scenario;
  readonly listener: SoakListener;
  readonly clock: NightClock;
  readonly seconds: Seconds;
  readonly events: EventLog;
  readonly watch: NightWatch;
  /** A leg's load begins to flow. @param fromSec its first second */
  readonly onFlow: (fromSec: number) => void;
}

/** Lets load flow, leg by leg, until the night is over. */
export class Night {
  readonly #parts: NightParts;
  readonly #ending = new AbortController();
  #leg: Leg | undefined;
  #faults = 0;

  constructor(parts: NightParts) {
    this.#parts = parts;
  }

  /** @param first the first leg, ready to start; absent where a night goes on */
  async conduct(first?: Leg): Promise<void> {
    let leg = first ?? (await this.#openPatiently());
    while (leg !== undefined) {
      this.#leg = leg;
      try {
        await this.#run(leg);
        this.#faults = 0;
      } catch (error) {
        this.#faults += 1;
        if (this.#faults >= MAX_FAULTS) throw error;
        this.#note(`a worker failed (${(error as Error).message}): the load begins again`);
      } finally {
        this.#leg = undefined;
        await leg.close();
      }
      leg = await this.#openPatiently();
    }
  }

  /** No leg follows; the one under way ends. */
  stop(how: 'drain' | 'abort'): void {
    this.#ending.abort();
    this.#leg?.load.stop(how);
  }

  /** The leg under way ends and another begins: what it knows of addresses is no longer so. */
  beginAgain(): void {
    this.#leg?.load.stop('drain');
  }

  get #restUs(): number {
    return this.#parts.options.forUs - this.#parts.clock.seconds() * 1_000_000;
  }

  async #run(leg: Leg): Promise<void> {
    const { clock, seconds, watch, onFlow } = this.#parts;
    const nowSec = clock.seconds();
    const baseSec = Math.max(seconds.next, Math.ceil(nowSec + START_AHEAD_SEC));
    onFlow(baseSec);
    const ending = setInterval(() => {
      if (this.#restUs <= -OVERTIME_US) leg.load.stop('drain');
    }, LOOK_MS);
    watch.use(describeInUse(leg.load.arms));
    try {
      await leg.run(epochMs() + (baseSec - nowSec) * 1_000, seconds.receiver(baseSec));
    } finally {
      clearInterval(ending);
    }
  }

  /** @returns undefined where the night is over before the load could be set up */
  async #openPatiently(): Promise<Leg | undefined> {
    const { options, scenario, listener, clock, events } = this.#parts;
    let waiting: number | undefined;
    for (;;) {
      const rest = this.#ending.signal.aborted ? undefined : stretchToRest(scenario, this.#restUs);
      if (rest === undefined) return undefined;
      listener.alive?.();
      try {
        const leg = await openLeg({ ...options, scenario: rest, isFirst: false }, listener);
        if (waiting !== undefined) events.end(waiting, Math.ceil(clock.seconds()));
        return leg;
      } catch (error) {
        if (this.#ending.signal.aborted) return undefined;
        if (!(error instanceof RushhourError)) throw error;
        waiting ??= events.add({
          ...{ kind: 'waiting', fromSec: Math.floor(clock.seconds()), toSec: null, setsAside: false },
          text: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
        });
        await sleep(RETRY_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
      }
    }
  }

  #note(text: string): void {
    const fromSec = Math.floor(this.#parts.clock.seconds());
    this.#parts.events.add({ kind: 'waiting', fromSec, toSec: fromSec + 1, setsAside: false, text });
  }
}

/** As threads reckon it: from what the wall clock showed as this process began, whatever was done to it since. */
function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
