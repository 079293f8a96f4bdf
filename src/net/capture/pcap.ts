import type { ByteOrder } from './byte-order.ts';
import { createFoundFrame, type FrameSink } from './frame-sink.ts';
import { CaptureError } from './types.ts';

/** Of the file, and of each record (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap). */
export const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** First words of the file. */
export const MICROSECONDS = 0xa1b2_c3d4;
export const NANOSECONDS = 0xa1b2_3c4d;
/** Longer records than those of libpcap (Kuznetzov's patch). */
export const PATCHED = 0xa1b2_cd34;

/** Maximum captured length of a frame: MAXIMUM_SNAPLEN of libpcap (pcap-int.h). */
export const MAX_FRAME_BYTES = 262_144;

/**
 * Part of the header's last word: the bits above say whether frames end with a checksum (LT_LINKTYPE of libpcap,
 * pcap-common.h).
 */
const LINK_TYPE_BITS = 0x03ff_ffff;

/** Reads a capture of one format, piece by piece. */
export interface Format {
  /**
   * Reads what is complete, and adds its length to {@link CaptureFacts.wholeBytes}.
   * @returns where it stopped: the bytes from there on are passed again, with more behind them
   * @throws CaptureError if no more can be read
   */
  read(bytes: Uint8Array, at: number, end: number): number;
}

export class PcapFormat implements Format {
  readonly #order: ByteOrder;
  readonly #sink: FrameSink;
  readonly #unitsPerUs: number;
  readonly #found = createFoundFrame();

  /** @param header the file's @param isNano whether fractions of a second are nanoseconds */
  constructor(header: Uint8Array, order: ByteOrder, isNano: boolean, sink: FrameSink) {
    this.#order = order;
    this.#sink = sink;
    this.#unitsPerUs = isNano ? 1_000 : 1;
    this.#found.linkType = order.u32(header, 20) & LINK_TYPE_BITS;
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const order = this.#order;
    const found = this.#found;
    found.bytes = bytes;
    let place = at;
    while (place + RECORD_HEADER_BYTES <= end) {
      const captured = order.u32(bytes, place + 8);
      if (captured > MAX_FRAME_BYTES)
        throw new CaptureError(
          `is damaged: frame ${this.#sink.facts.frames + 1} claims to have captured ${captured} bytes`,
        );
      const from = place + RECORD_HEADER_BYTES;
      if (from + captured > end) break;
      found.sec = order.u32(bytes, place);
      found.fractionUs = order.u32(bytes, place + 4) / this.#unitsPerUs;
      found.at = from;
      found.end = from + captured;
      found.wireBytes = order.u32(bytes, place + 12);
      this.#sink.take(found);
      this.#sink.facts.wholeBytes += RECORD_HEADER_BYTES + captured;
      place = from + captured;
    }
    return place;
  }
}
