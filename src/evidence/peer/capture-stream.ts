import type { Writable } from 'node:stream';
import type { CaptureTime } from '../../net/capture/pcapng-encode.ts';
import { PcapngWriter } from '../../net/capture/pcapng-writer.ts';
import { MAX_CAPTURE_BYTES, SNAP_BYTES } from './protocol.ts';

/** Bytes passed on together: TLS makes each piece a record. */
const PIECE_BYTES = 16 * 1_024;

/** After this time a smaller piece is passed on, so that the other side keeps up. */
const PIECE_MS = 200;

/** Bytes that may wait for a slow reader; packets beyond are dropped and counted. */
const MAX_WAITING_BYTES = 8 * 1_024 * 1_024;

/** Writes packets to a stream as a pcapng that is valid after every piece. */
export class CaptureStream {
  readonly #to: Writable;
  readonly #writer: PcapngWriter;
  readonly #startedAtMs = Date.now();
  readonly #timer: NodeJS.Timeout;
  #piece: Uint8Array[] = [];
  #pieceBytes = 0;
  #dropped = 0;

  /**
   * @param application the program that writes it, with its version
   * @param interfaceName the interface captured on
   */
  constructor(to: Writable, application: string, interfaceName: string) {
    this.#to = to;
    this.#timer = setInterval(() => this.#hand(), PIECE_MS);
    this.#writer = new PcapngWriter(
      { application, interfaceName, snapLength: SNAP_BYTES, maxBytes: MAX_CAPTURE_BYTES },
      (block) => {
        this.#piece.push(block);
        this.#pieceBytes += block.length;
      },
    );
    this.#hand();
  }

  get packets(): number {
    return this.#writer.frames;
  }

  /** Packets without room: the reader is too slow, or the capture at its limit. */
  get dropped(): number {
    return this.#dropped + this.#writer.left;
  }

  write(time: CaptureTime, frame: Uint8Array, wireBytes: number): void {
    if (this.#to.writableLength > MAX_WAITING_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#writer.write(time, frame, wireBytes);
    if (this.#pieceBytes >= PIECE_BYTES) this.#hand();
  }

  /** Ends the capture with its statistics, and the stream. @param lost packets that never arrived here */
  end(lost: number): void {
    this.abandon();
    this.#writer.end({
      from: timeOf(this.#startedAtMs),
      to: timeOf(Date.now()),
      received: this.packets + this.dropped + lost,
      dropped: this.dropped + lost,
    });
    this.#hand();
    this.#to.end();
  }

  /** Lets go of a stream that has failed. */
  abandon(): void {
    clearInterval(this.#timer);
  }

  #hand(): void {
    if (this.#piece.length === 0) return;
    this.#to.write(Buffer.concat(this.#piece));
    this.#piece = [];
    this.#pieceBytes = 0;
  }
}

function timeOf(epochMs: number): CaptureTime {
  return { sec: Math.floor(epochMs / 1_000), ns: Math.round(epochMs % 1_000) * 1_000_000 };
}
