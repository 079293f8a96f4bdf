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

/** What tells a summary from that of a run to which nothing happened. */
export interface SessionTimeSeries {
  /**
   * How long each arm's measured phases lasted, seconds; absent if no second is missing or excluded: the schedule then
   * tells.
   */
  readonly measuredSec?: ReadonlyMap<string, number>;
  readonly summary: Pick<Summary, 'soak' | 'session'>;
}

interface ArmTime {
  measuredSec: number;
  /** Seconds since the last in which something fell due: they count once more does. */
  waitingSec: number;
  /** Something has fallen due since the last break. */
  isFlowing: boolean;
}

/**
 * Computes from the seconds of a session, in order, how long load was measured. The schedule of the scenario does not
 * tell that: a session may have gaps in which this machine slept or the process was dead, and after each the load
 * starts again, including ramps.
 */
export class SessionTally {
  readonly #arms: ReadonlyMap<string, ArmTime>;
  #last = -1;
  #seconds = 0;
  #asideSec = 0;

  constructor(arms: readonly string[]) {
    this.#arms = new Map(
      arms.map((name) => [name, { measuredSec: 0, waitingSec: 0, isFlowing: false }] as const),
    );
  }

  /** @param frame of which it is settled whether it counts; a second that comes again was counted before */
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

  /** Of a run; undefined where nothing happened to it. */
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
 * A second counts in which something measured fell due, and so does one in which nothing did if more falls due later:
 * at a low rate, or where all that a closed loop may have open is stuck. What comes after the last is waiting for
 * ends.
 */
function addSecond(time: ArmTime, name: string, frame: SettledFrame): void {
  const dueIn = (suffix: string): number => frame.series[`${name}${suffix}`]?.scheduled ?? 0;
  const [measured, ramp, aside] = [dueIn(''), dueIn(RAMP_SUFFIX), dueIn(ASIDE_SUFFIX)];
  if (measured > 0) {
    // A ramp that ended within the second took its part of it.
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
