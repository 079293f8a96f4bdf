import { encodeComment } from './comment.ts';
import {
  type CaptureStatistics,
  type CaptureTime,
  encodeInterface,
  encodePacket,
  encodeSection,
  encodeStatistics,
} from './pcapng-encode.ts';

export interface PcapngOptions {
  /** The program that writes it, with its version. */
  readonly application: string;
  /** Interface on which frames are captured, such as `eth0`. */
  readonly interfaceName: string;
  /** Maximum bytes kept of a frame, 1 or more. */
  readonly snapLength: number;
  /** Maximum size of the file in bytes, statistics included. */
  readonly maxBytes: number;
}

/** Receives whole pcapng blocks in order, each to be appended to the file. */
export type OnBlock = (block: Uint8Array) => void;

const MAX_STATISTICS_BYTES = encodeStatistics({
  ...{ from: { sec: 0, ns: 0 }, to: { sec: 0, ns: 0 }, received: 0, dropped: 0 },
}).length;

/**
 * Writes Ethernet frames as a pcapng with one section and one interface, times in nanoseconds
 * (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng). The file is valid after every block: stopping early
 * leaves a file that opens, but without statistics.
 */
export class PcapngWriter {
  readonly #onBlock: OnBlock;
  readonly #snapLength: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #frames = 0;
  #left = 0;

  /** @throws RangeError if `maxBytes` is too small for the file's header */
  constructor(options: PcapngOptions, onBlock: OnBlock) {
    this.#onBlock = onBlock;
    this.#snapLength = options.snapLength;
    this.#maxBytes = options.maxBytes - MAX_STATISTICS_BYTES;
    const header = [
      encodeSection(options.application),
      encodeInterface(options.interfaceName, options.snapLength),
    ];
    const headerBytes = header.reduce((sum, { length }) => sum + length, 0);
    if (headerBytes > this.#maxBytes)
      throw new RangeError(`a pcapng needs more than ${options.maxBytes} bytes for its header alone`);
    for (const block of header) this.#put(block);
  }

  /** Bytes passed on so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames written, and frames left out because there was no room for them. */
  get frames(): number {
    return this.#frames;
  }

  get left(): number {
    return this.#left;
  }

  /**
   * @param frame captured bytes; those beyond the snap length are cut off
   * @param wireBytes its length on the wire
   * @param comments remarks about the frame, each on one line; hostile text is escaped (comment.ts)
   * @returns whether there was room
   */
  write(time: CaptureTime, frame: Uint8Array, wireBytes: number, comments: readonly string[] = []): boolean {
    const captured = frame.subarray(0, this.#snapLength);
    const block = encodePacket(time, captured, wireBytes, comments.map(encodeComment));
    if (this.#bytes + block.length > this.#maxBytes) {
      this.#left += 1;
      return false;
    }
    this.#put(block);
    this.#frames += 1;
    return true;
  }

  /** Ends the file; there is always room for this. */
  end(statistics: CaptureStatistics): void {
    this.#put(encodeStatistics(statistics));
  }

  #put(block: Uint8Array): void {
    this.#bytes += block.length;
    this.#onBlock(block);
  }
}
