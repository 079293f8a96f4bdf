import type { CapturedFrame, CaptureFacts, OnFrame } from './types.ts';

/** A frame as passed on by the formats; one object is reused for all frames. */
export interface FoundFrame {
  /** Since 1970; NaN: no time. */
  sec: number;
  /** Microseconds beyond it. */
  fractionUs: number;
  linkType: number;
  bytes: Uint8Array;
  at: number;
  end: number;
  wireBytes: number;
  comments: readonly string[];
}

export function createFoundFrame(): FoundFrame {
  return {
    ...{ sec: Number.NaN, fractionUs: 0, linkType: 0, bytes: new Uint8Array(), at: 0, end: 0 },
    ...{ wireBytes: 0, comments: NO_COMMENTS },
  };
}

export const NO_COMMENTS: readonly string[] = [];

/** Passes frames on, and keeps the facts about the capture as a whole. */
export class FrameSink {
  readonly facts: CaptureFacts;
  readonly #onFrame: OnFrame;
  readonly #frame: CapturedFrame = {
    ...{ number: 0, atUs: Number.NaN, linkType: 0, bytes: new Uint8Array(), at: 0, end: 0, wireBytes: 0 },
    epochSec: undefined,
    comments: NO_COMMENTS,
  };

  constructor(facts: CaptureFacts, onFrame: OnFrame) {
    this.facts = facts;
    this.#onFrame = onFrame;
  }

  take(found: Readonly<FoundFrame>): void {
    const frame = this.#frame;
    frame.number = this.facts.frames + 1;
    frame.atUs = this.#timeOf(found);
    frame.epochSec = this.facts.epochSec;
    frame.linkType = found.linkType;
    frame.bytes = found.bytes;
    frame.at = found.at;
    frame.end = found.end;
    frame.wireBytes = found.wireBytes;
    frame.comments = found.comments;
    this.#count(frame);
    this.#onFrame(frame);
  }

  #timeOf({ sec, fractionUs }: Readonly<FoundFrame>): number {
    if (Number.isNaN(sec)) return Number.NaN;
    this.facts.epochSec ??= sec;
    return (sec - this.facts.epochSec) * 1e6 + fractionUs;
  }

  #count({ atUs, at, end, wireBytes, linkType }: Readonly<CapturedFrame>): void {
    const { facts } = this;
    facts.frames += 1;
    facts.linkTypes.set(linkType, (facts.linkTypes.get(linkType) ?? 0) + 1);
    if (end - at < wireBytes) facts.cut += 1;
    if (Number.isNaN(atUs)) return;
    if (Number.isNaN(facts.firstUs)) facts.firstUs = atUs;
    else if (atUs < facts.lastUs) {
      facts.backwards += 1;
      facts.mostBackUs = Math.max(facts.mostBackUs, facts.lastUs - atUs);
    }
    facts.lastUs = atUs;
  }
}
