/** A frame as a capture has it. One object is filled over and over, and its bytes live until the next frame. */
export interface CapturedFrame {
  /** Number within its capture, from 1 as Wireshark counts. */
  number: number;
  /** Microseconds since {@link CaptureFacts.epochSec}, fractions included; may run backwards. NaN: the capture has no time for it. */
  atUs: number;
  /** See wire/link-types.ts. */
  linkType: number;
  bytes: Uint8Array;
  at: number;
  /** Where what was captured ends. */
  end: number;
  /** Length on the wire; more than was captured where the capture cuts frames. */
  wireBytes: number;
  /** What was remarked on it; hostile text. Of pcapng alone. */
  comments: readonly string[];
}

/** What is told of a capture besides its frames; of several sections the sums. */
export interface CaptureFacts {
  frames: number;
  /** Bytes up to the end of the last whole frame or block, of the uncompressed file: how far it could be read. */
  wholeBytes: number;
  /** Second that the first frame with a time falls in, since 1970; undefined before it. */
  epochSec: number | undefined;
  /** Times of the first and the last frame that have one, as {@link CapturedFrame.atUs}; NaN without any. */
  firstUs: number;
  lastUs: number;
  /** Frames that were captured in part. */
  cut: number;
  /** Frames earlier than the one before. */
  backwards: number;
  /** Frames lost while capturing, as far as the file says so; undefined: it does not. */
  dropped: number | undefined;
  /** Frames by link type. */
  readonly linkTypes: Map<number, number>;
  /** What is wrong with the file, in words that follow its name; each once. */
  readonly faults: Set<string>;
}

export function createFacts(): CaptureFacts {
  return {
    ...{ frames: 0, wholeBytes: 0, epochSec: undefined, firstUs: Number.NaN, lastUs: Number.NaN },
    ...{ cut: 0, backwards: 0, dropped: undefined, linkTypes: new Map(), faults: new Set() },
  };
}

/** Takes each frame as it is read. */
export type OnFrame = (frame: Readonly<CapturedFrame>) => void;

/** A capture that cannot be read on; what came before it holds. The message follows the name of the file. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}
