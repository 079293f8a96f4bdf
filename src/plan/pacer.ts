import type { OpenLoad } from '../scenario/load-types.ts';
import { areaInSegment, dueInSegment, layOut, type Segment } from './segments.ts';

/**
 * When each attempt of an open loop is due: a pure function of its number. Attempts are numbered from 0 across all
 * shards; times are microseconds since the load's start.
 */
export interface Pacer {
  /** Total attempts, across all shards. */
  readonly total: number;
  readonly durationUs: number;
  /** How many attempts are due by then; attempt 0 is due when the first phase with a rate starts. */
  dueBy(elapsedUs: number): number;
  /** When an attempt is due; never earlier than the one before it. Infinity from `total` on. */
  intendedAtUs(attempt: number): number;
  /** Index into the load's phases; that of the last phase from `total` on. */
  phaseAt(attempt: number): number;
  /** Whether the attempt belongs to a ramp: recorded, but excluded from the verdict. */
  isRamp(attempt: number): boolean;
  /** The load on the timeline, for cursors. */
  readonly segments: readonly Segment[];
}

export function createPacer(load: OpenLoad): Pacer {
  const segments = layOut(load);
  const last = segments.length - 1;
  const total = Math.ceil(segments[last]?.after ?? 0);
  const durationUs = segments[last]?.endUs ?? 0;
  const hasRamps = segments.some(({ ramp }) => ramp);

  const segmentAt = (attempt: number): Segment => {
    let index = 0;
    while (index < last && attempt >= segments[index]!.after) index += 1;
    return segments[index]!;
  };
  const intendedAtUs = (attempt: number): number =>
    attempt >= total ? Number.POSITIVE_INFINITY : dueInSegment(segmentAt(attempt), attempt);

  return {
    total,
    durationUs,
    segments,
    intendedAtUs,
    dueBy(elapsedUs) {
      if (!(elapsedUs >= 0)) return 0;
      const segment = segments.find(({ endUs }) => elapsedUs < endUs);
      if (segment === undefined) return total;
      let due = Math.min(total, Math.max(0, Math.floor(areaInSegment(segment, elapsedUs)) + 1));
      // The area and its inverse may differ in the last digit: the inverse decides, so that both always agree.
      while (due < total && intendedAtUs(due) <= elapsedUs) due += 1;
      while (due > 0 && intendedAtUs(due - 1) > elapsedUs) due -= 1;
      return due;
    },
    phaseAt: (attempt) => segmentAt(attempt).phase,
    isRamp: (attempt) => hasRamps && segmentAt(attempt).ramp,
  };
}

/** One shard's position among the attempts. It keeps state, so that a step costs one square root and no memory. */
export interface PacerCursor {
  /** Number of the next attempt, across all shards; meaningless at the end. */
  readonly attempt: number;
  /** When it is due; Infinity at the end. */
  readonly atUs: number;
  readonly ramp: boolean;
  /** Moves to the shard's next attempt. */
  advance(): void;
}

/**
 * The attempts `index`, `index + count`, `index + 2 count`, ... of a pacer, in order.
 * @param index the shard's number, 0 to `count - 1`
 * @param count number of shards, at least 1
 */
export function createCursor(pacer: Pacer, index: number, count: number): PacerCursor {
  return new Cursor(pacer, index, count);
}

class Cursor implements PacerCursor {
  attempt: number;
  atUs = Number.POSITIVE_INFINITY;
  ramp = false;
  readonly #segments: readonly Segment[];
  readonly #total: number;
  readonly #stride: number;
  #segment = 0;

  constructor(pacer: Pacer, index: number, count: number) {
    this.#segments = pacer.segments;
    this.#total = pacer.total;
    this.#stride = count;
    this.attempt = index;
    this.#settle();
  }

  advance(): void {
    this.attempt += this.#stride;
    this.#settle();
  }

  #settle(): void {
    if (this.attempt >= this.#total) {
      this.atUs = Number.POSITIVE_INFINITY;
      return;
    }
    while (this.attempt >= this.#segments[this.#segment]!.after) this.#segment += 1;
    const segment = this.#segments[this.#segment]!;
    this.ramp = segment.ramp;
    this.atUs = dueInSegment(segment, this.attempt);
  }
}
