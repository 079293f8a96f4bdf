import type { RecordedSecond } from '../metrics/types.ts';
import { setAside, setAsideTag } from '../metrics/window.ts';

/**
 * Holds seconds back until it is certain whether they count: an event on this machine is often noticed only seconds
 * later, and a database cannot retract what it has received.
 */
export class SettleBuffer {
  readonly #settleSec: number;
  readonly #isAside: (second: number) => boolean;
  readonly #release: (recorded: RecordedSecond) => void;
  readonly #held: RecordedSecond[] = [];

  constructor(
    settleSec: number,
    isAside: (second: number) => boolean,
    release: (recorded: RecordedSecond) => void,
  ) {
    this.#settleSec = settleSec;
    this.#isAside = isAside;
    this.#release = release;
  }

  add(recorded: RecordedSecond): void {
    this.#held.push(recorded);
    this.#releaseThrough(recorded.frame.second - this.#settleSec);
  }

  releaseAll(): void {
    this.#releaseThrough(Number.POSITIVE_INFINITY);
  }

  #releaseThrough(second: number): void {
    while (this.#held[0] !== undefined && this.#held[0].frame.second <= second) {
      this.#release(judge(this.#held.shift()!, this.#isAside));
    }
  }
}

/** A second as it counts. */
function judge(recorded: RecordedSecond, isAside: (second: number) => boolean): RecordedSecond {
  if (!isAside(recorded.frame.second)) return recorded;
  const quantiles = new Map([...recorded.quantiles].map(([tag, value]) => [setAsideTag(tag), value]));
  return { ...recorded, frame: setAside(recorded.frame), quantiles };
}
