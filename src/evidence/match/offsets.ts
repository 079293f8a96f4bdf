import type { ClockOffset } from '../../metrics/far.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';

/** Pairs that a stretch of time is judged by: clocks drift, so that a night has many. */
const STRETCH = 51;
/** What the way may take longer than in the median, at the least. */
export const LEAST_SLACK_US = 150_000;
/** Of a known offset: beyond that the clocks drifted, and what they showed nearby says more. */
const STEADY_US = 20_000;

interface Candidate {
  readonly near: HandshakeSeen;
  readonly far: HandshakeSeen;
}

/** From so many on, handshakes of a single SYN tell the offset alone. */
const ENOUGH_SINGLE = 3;

/**
 * As the far clock is ahead of the near one and the way takes, by the last SYN of each: where copies were lost, it was the last that came
 * through as a rule, and the first that did not.
 */
function aheadUs({ near, far }: Candidate): number {
  return far.syns.at(-1)!.atUs - near.syns.at(-1)!.atUs;
}

/** Of a single SYN no other copy can be meant: what is kept of a run are mostly those that were sent again. */
function surest(pairs: readonly Candidate[]): readonly Candidate[] {
  const single = pairs.filter(({ near, far }) => near.syns.length === 1 && far.syns.length === 1);
  return single.length >= ENOUGH_SINGLE ? single : pairs;
}

/** Pairs that are enough to go by, whatever the others show. */
const ENOUGH_WHOLE = 3;

/**
 * How far the far clock seems to be ahead. Where one side saw more copies of a SYN than the other, their first ones need not be the
 * same packet: a run keeps mostly what stalled, and of that most may have lost the first copy on its way. Such pairs go by their only
 * SYN-ACK, or count for nothing, unless there is nothing else.
 */
function medianAheadUs(stretch: readonly Candidate[]): number {
  const whole = stretch.filter(({ near, far }) => near.synCount === far.synCount);
  if (whole.length >= ENOUGH_WHOLE) return median(whole.map(aheadUs));
  const answered = stretch.flatMap(({ near, far }) => {
    const [sent, received] = [onlySynAck(far), onlySynAck(near)];
    return sent === undefined || received === undefined ? [] : [sent - received];
  });
  return median(answered.length > whole.length ? answered : stretch.map(aheadUs));
}

/** How far the far clock is ahead at any time, the way included: medians of pairs most of which are right. */
export class Offsets {
  readonly #stretches: { readonly untilUs: number; readonly us: number }[] = [];

  /** @param pairs one or more, a few of which may be wrong */
  constructor(pairs: readonly Candidate[]) {
    const sorted = surest(pairs).toSorted((a, b) => a.near.syns[0]!.atUs - b.near.syns[0]!.atUs);
    for (let from = 0; from < sorted.length; from += STRETCH) {
      // The last stretch has as many as the others, or all there are.
      const stretch = sorted.slice(Math.max(0, Math.min(from, sorted.length - STRETCH)), from + STRETCH);
      this.#stretches.push({ untilUs: stretch.at(-1)!.near.syns[0]!.atUs, us: medianAheadUs(stretch) });
    }
  }

  /** Whether a copy of one's SYN may be a copy of the other's, by time: each side may lack some. */
  fits({ near, far }: Candidate): boolean {
    const us = this.at(near.syns[0]!.atUs);
    return near.syns.some((one) =>
      far.syns.some((other) => Math.abs(other.atUs - one.atUs - us) <= LEAST_SLACK_US),
    );
  }

  /** @param nearUs by the near clock */
  at(nearUs: number): number {
    let [low, high] = [0, this.#stretches.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#stretches[middle]!.untilUs < nearUs) low = middle + 1;
      else high = middle;
    }
    return this.#stretches[low]!.us;
  }
}

/** Reads the far clock. */
export class FarClock {
  readonly #offsets: Offsets;
  readonly #offset: ClockOffset | undefined;
  /** By so much what came may seem earlier than it was sent. */
  readonly toleranceUs: number;

  /** @param pairs one or more */
  constructor(pairs: readonly Candidate[], offset: ClockOffset | undefined) {
    this.#offsets = new Offsets(pairs);
    this.#offset = offset !== undefined && offset.uncertaintyUs <= STEADY_US ? offset : undefined;
    this.toleranceUs = 2_000 + (this.#offset?.uncertaintyUs ?? STEADY_US);
  }

  /** When a SYN that left at that time arrives, by the far clock, as most do. */
  arrivalUs(nearUs: number): number {
    return nearUs + this.#offsets.at(nearUs);
  }

  /**
   * By the near clock; where the offset is not known, the way there seems to take no time.
   * @param aboutUs about when, by the near clock: clocks drift
   */
  toNearUs(farUs: number, aboutUs: number): number {
    return farUs - (this.#offset?.us ?? this.#offsets.at(aboutUs));
  }
}

/** The offset of the clocks, as NTP has it (RFC 5905 section 8): the quickest way there, and the quickest back. */
export function measureOffset(pairs: readonly Candidate[]): ClockOffset | undefined {
  let [thereUs, backUs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { near, far } of pairs) {
    if (near.synCount !== 1 || far.synCount !== 1) continue;
    const [sent, received] = [onlySynAck(far), onlySynAck(near)];
    if (sent === undefined || received === undefined) continue;
    thereUs = Math.min(thereUs, aheadUs({ near, far }));
    backUs = Math.min(backUs, received - sent);
  }
  if (thereUs === Number.POSITIVE_INFINITY) return undefined;
  return { us: (thereUs - backUs) / 2, uncertaintyUs: Math.abs(thereUs + backUs) / 2 };
}

function onlySynAck({ answers }: HandshakeSeen): number | undefined {
  return answers.length === 1 && answers[0]!.kind === 'syn-ack' ? answers[0]!.atUs : undefined;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
