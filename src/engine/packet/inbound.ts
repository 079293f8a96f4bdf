import { readU16, readU32 } from '../../net/wire/big-endian.ts';
import { FIN } from '../../net/wire/packet.ts';

/** Kinds of the options read: RFC 9293 section 3.1, RFC 7323, RFC 2018. */
const END = 0;
const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const TIMESTAMPS = 8;

/** RFC 7323 section 2.3. */
const MAX_WINDOW_SHIFT = 14;

/** A received TCP segment; one object is reused for all. */
export class Inbound {
  /** Memory that holds it: the payload is `from` to `to`. */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  window = 0;
  /** When the kernel received it from the device, on the engine's clock. */
  atUs = -0.5;
  hasStamps = false;
  stamp = 0;
  echo = 0;
  /** 0: not given; the three are read only from a SYN-ACK. */
  mss = 0;
  /** -1: not given. */
  windowShift = -1;
  hasSack = false;

  /**
   * Reads a segment.
   * @param at, to where TCP begins and the packet ends in `bytes`
   * @returns false if it is cut short or its lengths contradict each other
   */
  read(bytes: Uint8Array, at: number, to: number): boolean {
    if (to - at < 20) return false;
    const headerBytes = (bytes[at + 12]! >>> 4) * 4;
    if (headerBytes < 20 || at + headerBytes > to) return false;
    this.bytes = bytes;
    this.from = at + headerBytes;
    this.to = to;
    this.seq = readI32(bytes, at + 4);
    this.ack = readI32(bytes, at + 8);
    this.flags = bytes[at + 13]!;
    this.window = readU16(bytes, at + 14);
    this.hasStamps = false;
    this.mss = 0;
    this.windowShift = -1;
    this.hasSack = false;
    if (headerBytes > 20) this.#readOptions(at + 20, at + headerBytes);
    return true;
  }

  /**
   * The packet continues beyond what was captured: its end, where a FIN would be, has not been seen and will come
   * again.
   */
  cutOff(): void {
    this.flags &= ~FIN;
  }

  #readOptions(from: number, to: number): void {
    const { bytes } = this;
    let at = from;
    while (at < to) {
      const kind = bytes[at]!;
      if (kind === END) return;
      if (kind === NOP) {
        at += 1;
        continue;
      }
      const length = at + 1 < to ? bytes[at + 1]! : 0;
      if (length < 2 || at + length > to) return;
      if (kind === TIMESTAMPS && length === 10) {
        this.hasStamps = true;
        this.stamp = readI32(bytes, at + 2);
        this.echo = readI32(bytes, at + 6);
      } else if (kind === MSS && length === 4) this.mss = readU16(bytes, at + 2);
      else if (kind === WINDOW_SCALE && length === 3)
        this.windowShift = Math.min(MAX_WINDOW_SHIFT, bytes[at + 2]!);
      else if (kind === SACK_PERMITTED && length === 2) this.hasSack = true;
      at += length;
    }
  }
}

/** A word as a signed number: sequence numbers are compared by their difference. */
export function readI32(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) | 0;
}
