import { ASIDE_SUFFIX, isAside, type SettledFrame } from '../metrics/set-aside.ts';
import { RAMP_SUFFIX } from '../metrics/types.ts';
import type { Summary } from './types.ts';

export type SoakSummary = NonNullable<Summary['soak']>;

/** What is known of a soak besides its frames. */
export interface SoakFacts {
  readonly windows: number;
  readonly windowSec: number;
  readonly events: SoakSummary['events'];
}

/** What a summary has only if something happened to the session. */
export interface SessionTimeSeries {
  /**
   * Duration of each arm's measured phases, seconds; absent if no second is missing or excluded, because the schedule
   * then determines it.
   */
  readonly measuredSec?: ReadonlyMap<string, number>;
  readonly summary: Pick<Summary, 'soak' | 'session'>;
}

interface ArmTime {
  measuredSec: number;
  /** Seconds since the last one in which an attempt was due: they count once another is due. */
  waitingSec: number;
  /** An attempt was due since the last break. */
  isFlowing: boolean;
}

/**
 * Computes from the seconds of a session, in order, how long load was measured. The scenario's schedule does not
 * determine that: a session may have gaps in which this machine slept or the process was dead, and after each the load
 * starts again, including ramps.
 */
export class SessionTally {
  readonly #arms = new Map<string, ArmTime>();
  #last = -1;
  #seconds = 0;
  #asideSec = 0;

  constructor(arms: readonly string[]) {
    this.extend(arms);
  }

  /** @param arms those that are not known yet are counted from now on */
  extend(arms: readonly string[]): void {
    for (const name of arms)
      if (!this.#arms.has(name)) this.#arms.set(name, { measuredSec: 0, waitingSec: 0, isFlowing: false });
  }

  /** @param frame known to count or not to; a repeated second was counted before */
  add(frame: SettledFrame): void {
    const { second } = frame;
    if (second <= this.#last) return;
    const isBroken = second > this.#last + 1;
    this.#last = second;
    this.#seconds += 1;
    if (isAside(frame)) this.#asideSec += 1;
    for (const [name, time] of this.#arms) {
      if (isBroken) stop(time);
      addSecond(time, name, frame);
    }
  }

  /** Of a soak. */
  read({ windows, windowSec, events }: SoakFacts): SessionTimeSeries {
    return {
      measuredSec: this.#measuredSec(),
      summary: { soak: { windows, windowSec, ...this.#wholeness(), events } },
    };
  }

  /** Of a run; undefined if nothing happened to it. */
  readRun(events: SoakSummary['events']): SessionTimeSeries | undefined {
    if (events.length === 0) return undefined;
    const isWhole = this.#asideSec === 0 && !events.some(({ kind }) => kind === 'resumed');
    return {
      ...(isWhole ? {} : { measuredSec: this.#measuredSec() }),
      summary: { session: { ...this.#wholeness(), events } },
    };
  }

  #measuredSec(): Map<string, number> {
    return new Map([...this.#arms].map(([name, time]) => [name, time.measuredSec]));
  }

  #wholeness(): Pick<SoakSummary, 'seconds' | 'missingSec' | 'setAsideSec'> {
    const seconds = this.#seconds;
    return { seconds, missingSec: this.#last + 1 - seconds, setAsideSec: this.#asideSec };
  }
}

/**
 * A second counts if a measured attempt was due in it, or is due later: at a low rate, or while all connections of a
 * closed loop are stuck, some seconds have none. Those after the last one only wait for attempts to end.
 */
function addSecond(time: ArmTime, name: string, frame: SettledFrame): void {
  const dueIn = (suffix: string): number => frame.series[`${name}${suffix}`]?.scheduled ?? 0;
  const [measured, ramp, aside] = [dueIn(''), dueIn(RAMP_SUFFIX), dueIn(ASIDE_SUFFIX)];
  if (measured > 0) {
    // A ramp that ended within the second took part of it.
    time.measuredSec += time.waitingSec + measured / (measured + ramp);
    time.waitingSec = 0;
    time.isFlowing = true;
  } else if (ramp > 0) stop(time);
  else if (aside > 0) confirm(time);
  else if (time.isFlowing && !isAside(frame)) time.waitingSec += 1;
}

function confirm(time: ArmTime): void {
  time.measuredSec += time.waitingSec;
  time.waitingSec = 0;
}

function stop(time: ArmTime): void {
  time.waitingSec = 0;
  time.isFlowing = false;
}
