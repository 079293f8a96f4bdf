import { setTimeout as sleep } from 'node:timers/promises';
import { epochMs } from '../epoch-ms.ts';
import { RushhourError } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { EventLog } from './event-log.ts';
import type { SessionClock } from './host/clocks.ts';
import type { HostWatch } from './host/host-watch.ts';
import { describeInUse } from './host/in-use.ts';
import type { Recorder } from './recorder.ts';
import { type LoadSegment, openSegment } from './segment.ts';
import type { RunListener, RunOptions } from './types.ts';

/** Between two attempts to set the load up again. */
const RETRY_MS = 5_000;

/** A segment ends by its own schedule; if it is this late, it is stopped. */
const OVERTIME_SEC = 3;

/** How often that is checked. */
const LOOK_MS = 500;

/** How a session is divided into segments. */
export interface SegmentsPlan {
  /** Seconds from "ready" to a segment's first attempt: time for every shard to receive the message. */
  readonly aheadSec: number;
  /** The scenario of the next segment; undefined: none follows, as in a run, or because too little time is left. */
  readonly rest: () => Scenario | undefined | Promise<Scenario | undefined>;
  /** The engine of the next segment; absent: that of the session. */
  readonly engine?: RunOptions['engine'] | undefined;
  /** Segments differ, as the run chooses them: one that cannot be opened is left out, and no gap is an event. */
  readonly staged?: {
    /** @param fromSec its first second */
    readonly begun: (segment: LoadSegment, fromSec: number) => void;
    readonly failed: (error: RushhourError) => void;
  };
  /** Consecutive segments that may end with a worker's fault before the session is abandoned. */
  readonly maxFaults: number;
  /** Second at which load has to end; undefined: by its own schedule. */
  readonly endSec?: number;
}

export interface SegmentsParts {
  readonly options: Pick<RunOptions, 'workers' | 'engine' | 'share'>;
  readonly plan: SegmentsPlan;
  readonly listener: RunListener;
  readonly clock: SessionClock;
  readonly recorder: Recorder;
  readonly events: EventLog;
  readonly watch: HostWatch;
  /**
   * A segment's load begins.
   * @param fromSec its first second
   */
  readonly onFlow: (fromSec: number) => void;
}

/** Runs the load segment by segment: one for a run, several for a soak. */
export class Segments {
  readonly #parts: SegmentsParts;
  readonly #ending = new AbortController();
  #segment: LoadSegment | undefined;
  #faults = 0;

  constructor(parts: SegmentsParts) {
    this.#parts = parts;
  }

  /** @param first ready to start; absent for a resumed soak */
  async conduct(first?: LoadSegment): Promise<void> {
    let segment = first ?? (await this.#openPatiently());
    for (let isFirst = true; segment !== undefined; isFirst = false) {
      this.#segment = segment;
      try {
        await this.#run(segment, isFirst);
        this.#faults = 0;
      } catch (error) {
        this.#faults += 1;
        if (this.#faults >= this.#parts.plan.maxFaults) throw error;
        this.#note(`a worker failed (${(error as Error).message}): the load is restarted`);
      } finally {
        this.#segment = undefined;
        await segment.close();
      }
      segment = await this.#openPatiently();
    }
  }

  /** Starts no further segment and ends the current one. */
  stop(how: 'drain' | 'abort'): void {
    this.#ending.abort();
    this.#segment?.load.stop(how);
  }

  /** Ends the current segment and begins another, because its addresses are no longer valid. */
  beginAgain(): void {
    this.#segment?.load.stop('drain');
  }

  async #run(segment: LoadSegment, isFirst: boolean): Promise<void> {
    const { clock, recorder, watch, onFlow, plan } = this.#parts;
    const nowSec = clock.seconds();
    const baseSec = Math.max(recorder.next, Math.ceil(nowSec + plan.aheadSec));
    onFlow(baseSec);
    plan.staged?.begun(segment, baseSec);
    if (!isFirst && plan.staged === undefined) this.#noteGap(recorder.next, baseSec);
    const ending = setInterval(() => {
      if (clock.seconds() > (plan.endSec ?? Number.POSITIVE_INFINITY) + OVERTIME_SEC) {
        segment.load.stop('drain');
      }
    }, LOOK_MS);
    watch.use(describeInUse(segment.load.arms));
    try {
      await segment.run(epochMs() + (baseSec - nowSec) * 1_000, recorder.receiver(baseSec));
    } finally {
      clearInterval(ending);
    }
  }

  /** @returns undefined if none follows */
  async #openPatiently(): Promise<LoadSegment | undefined> {
    const { options, plan, listener, clock, events } = this.#parts;
    let waiting: number | undefined;
    for (;;) {
      const scenario = this.#ending.signal.aborted ? undefined : await plan.rest();
      if (scenario === undefined) return undefined;
      listener.alive?.();
      try {
        const engine = plan.engine ?? options.engine;
        const segment = await openSegment({ ...options, engine, scenario, isFirst: false }, listener);
        if (waiting !== undefined) events.end(waiting, Math.ceil(clock.seconds()));
        return segment;
      } catch (error) {
        if (this.#ending.signal.aborted) return undefined;
        if (!(error instanceof RushhourError)) throw error;
        if (plan.staged !== undefined) {
          plan.staged.failed(error);
          continue;
        }
        waiting ??= events.add({
          ...{ kind: 'waiting', fromSec: Math.floor(clock.seconds()), toSec: null, setsAside: false },
          text: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
        });
        await sleep(RETRY_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
      }
    }
  }

  /** The reason for the restart is another event, which may end before this machine is ready to send again. */
  #noteGap(fromSec: number, toSec: number): void {
    if (toSec <= fromSec) return;
    const text = `the load restarted: nothing was recorded for ${toSec - fromSec} s`;
    this.#parts.events.add({ kind: 'restarted', fromSec, toSec, setsAside: false, text });
  }

  #note(text: string): void {
    const fromSec = Math.floor(this.#parts.clock.seconds());
    this.#parts.events.add({ kind: 'waiting', fromSec, toSec: fromSec + 1, setsAside: false, text });
  }
}
