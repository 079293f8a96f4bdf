import { attemptsIn, type Stretch, stretchesOf } from '../scenario/load-shape.ts';
import type { OpenLoad } from '../scenario/load-types.ts';

/**
 * A stretch on the timeline. Attempt k is due when the area under the rate, counted from the start of the load,
 * reaches k: `before` and `after` are that area at the ends of the stretch.
 */
export interface Segment {
  readonly phase: number;
  readonly ramp: boolean;
  readonly startUs: number;
  readonly endUs: number;
  readonly fromPerSec: number;
  /** Change of the rate, attempts / s². */
  readonly slope: number;
  readonly before: number;
  readonly after: number;
}

/**
 * An area this close to an integer counts as that integer: 1/min for 60 s is one attempt, whatever 1/60 is in binary.
 * Rounding errors stay below 1e-8 even at 50 million attempts; a rate that amounts to a millionth of an attempt is
 * negligible.
 */
const WHOLE = 1e-6;

/** Lays out the load's stretches in sequence. */
export function layOut(load: OpenLoad): Segment[] {
  const segments: Segment[] = [];
  let startUs = 0;
  let before = 0;
  for (const stretch of stretchesOf(load)) {
    const segment = toSegment(stretch, startUs, before);
    segments.push(segment);
    startUs = segment.endUs;
    before = segment.after;
  }
  return segments;
}

function toSegment(stretch: Stretch, startUs: number, before: number): Segment {
  return {
    phase: stretch.phase,
    ramp: stretch.ramp,
    startUs,
    endUs: startUs + stretch.forUs,
    fromPerSec: stretch.fromPerSec,
    slope: stretch.forUs === 0 ? 0 : (stretch.toPerSec - stretch.fromPerSec) / (stretch.forUs / 1_000_000),
    before,
    after: snapToWhole(before + attemptsIn(stretch)),
  };
}

function snapToWhole(area: number): number {
  const whole = Math.round(area);
  return Math.abs(area - whole) < WHOLE ? whole : area;
}

/**
 * When an attempt of this segment is due, microseconds. Solves `from t + slope t² / 2 = n` as `2 n / (from +
 * sqrt(from² + 2 slope n))`, a form that loses no precision for small slopes and needs no special case for a slope of
 * 0.
 */
export function dueInSegment(segment: Segment, attempt: number): number {
  const ahead = attempt - segment.before;
  if (ahead <= 0) return segment.startUs;
  const { fromPerSec, slope } = segment;
  // Below 0 only by rounding, at the very end of a ramp down to zero.
  const root = Math.sqrt(Math.max(0, fromPerSec * fromPerSec + 2 * slope * ahead));
  return Math.min(segment.endUs, segment.startUs + (2_000_000 * ahead) / (fromPerSec + root));
}

/** The area under the rate at a moment within the segment. */
export function areaInSegment(segment: Segment, elapsedUs: number): number {
  const seconds = (elapsedUs - segment.startUs) / 1_000_000;
  return segment.before + seconds * (segment.fromPerSec + (segment.slope * seconds) / 2);
}
