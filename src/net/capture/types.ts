/** A frame in a capture. One object is reused for all frames, and its bytes are valid until the next frame. */
export interface CapturedFrame {
  /** Number within its capture, from 1 as Wireshark counts. */
  number: number;
  /**
   * Microseconds since {@link CaptureFacts.epochSec}, fractions included; may go backwards. NaN: the capture has no
   * time for it.
   */
  atUs: number;
  /** {@link CaptureFacts.epochSec}, which the first frame with a time sets; undefined before it. */
  epochSec: number | undefined;
  /** See wire/link-types.ts. */
  linkType: number;
  bytes: Uint8Array;
  at: number;
  /** End of the captured bytes. */
  end: number;
  /** Length on the wire; more than was captured if the capture truncates frames. */
  wireBytes: number;
  /** Comments on it; hostile text. Only in pcapng. */
  comments: readonly string[];
}

/** What is known of a capture besides its frames; for several sections the sums. */
export interface CaptureFacts {
  frames: number;
  /** Bytes up to the end of the last complete frame or block, of the uncompressed file: how far it could be read. */
  wholeBytes: number;
  /** Second in which the first frame with a time falls, since 1970; undefined before that frame. */
  epochSec: number | undefined;
  /** Times of the first and the last frame that have one, as {@link CapturedFrame.atUs}; NaN without any. */
  firstUs: number;
  lastUs: number;
  /** Frames that were captured only in part. */
  cut: number;
  /** Frames with an earlier time than the one before. */
  backwards: number;
  /** By how much at most, microseconds. */
  mostBackUs: number;
  /** Frames lost while capturing, according to the file; undefined: it does not say. */
  dropped: number | undefined;
  /** Frames by link type. */
  readonly linkTypes: Map<number, number>;
  /** What is wrong with the file, as phrases that follow its name; each once. */
  readonly faults: Set<string>;
}

export function createFacts(): CaptureFacts {
  return {
    ...{ frames: 0, wholeBytes: 0, epochSec: undefined, firstUs: Number.NaN, lastUs: Number.NaN },
    ...{ cut: 0, backwards: 0, mostBackUs: 0, dropped: undefined, linkTypes: new Map(), faults: new Set() },
  };
}

/** Receives each frame as it is read. */
export type OnFrame = (frame: Readonly<CapturedFrame>) => void;

/** A capture that cannot be read further; what came before it is valid. The message follows the name of the file. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}
