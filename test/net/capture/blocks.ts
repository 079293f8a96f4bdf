import { CaptureReader } from '../../../src/net/capture/capture-reader.ts';
import type { CaptureFacts } from '../../../src/net/capture/types.ts';

/** Writes blocks of pcapng as the draft describes them, in either byte order, without code of src/. */
export class Blocks {
  readonly #isBig: boolean;

  constructor(isBig = false) {
    this.#isBig = isBig;
  }

  u16(...numbers: number[]): Buffer {
    const bytes = Buffer.alloc(numbers.length * 2);
    numbers.forEach((number, index) => {
      if (this.#isBig) bytes.writeUInt16BE(number, index * 2);
      else bytes.writeUInt16LE(number, index * 2);
    });
    return bytes;
  }

  u32(...numbers: number[]): Buffer {
    const bytes = Buffer.alloc(numbers.length * 4);
    numbers.forEach((number, index) => {
      if (this.#isBig) bytes.writeUInt32BE(number, index * 4);
      else bytes.writeUInt32LE(number, index * 4);
    });
    return bytes;
  }

  u64(number: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    if (this.#isBig) bytes.writeBigUInt64BE(BigInt.asUintN(64, number));
    else bytes.writeBigUInt64LE(BigInt.asUintN(64, number));
    return bytes;
  }

  /** 64 bits as times have them: the upper word first. */
  time(ticks: bigint): Buffer {
    return this.u32(Number(ticks >> 32n), Number(ticks & 0xffff_ffffn));
  }

  block(type: number, ...parts: readonly Uint8Array[]): Buffer {
    const body = Buffer.concat(parts.map(pad));
    return Buffer.concat([this.u32(type, body.length + 12), body, this.u32(body.length + 12)]);
  }

  option(code: number, value: Uint8Array): Buffer {
    return Buffer.concat([this.u16(code, value.length), pad(value)]);
  }

  section(major = 1): Buffer {
    return this.block(0x0a0d_0d0a, this.u32(0x1a2b_3c4d), this.u16(major, 0), this.u64(-1n));
  }

  interface(linkType: number, snapLength = 0, ...options: readonly Uint8Array[]): Buffer {
    return this.block(1, this.u16(linkType, 0), this.u32(snapLength), ...options);
  }

  packet(
    interfaceIndex: number,
    ticks: bigint,
    frame: Uint8Array,
    ...options: readonly Uint8Array[]
  ): Buffer {
    const fixed = [this.u32(interfaceIndex), this.time(ticks), this.u32(frame.length, frame.length)];
    return this.block(6, ...fixed, frame, ...options);
  }
}

function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** A frame as it was read, with what does not live on copied. */
export interface ReadFrame {
  readonly number: number;
  readonly atUs: number;
  readonly linkType: number;
  readonly bytes: string;
  readonly wireBytes: number;
  readonly comments: readonly string[];
}

export interface Reading {
  readonly frames: readonly ReadFrame[];
  readonly facts: CaptureFacts;
}

/** Reads a capture that comes in pieces of some size. */
export function readPieces(capture: Uint8Array, size = capture.length): Reading {
  const frames: ReadFrame[] = [];
  const reader = new CaptureReader(({ number, atUs, linkType, bytes, at, end, wireBytes, comments }) => {
    frames.push({ number, atUs, linkType, bytes: hexOf(bytes.subarray(at, end)), wireBytes, comments });
  });
  for (let at = 0; at < capture.length; at += size) reader.push(capture.subarray(at, at + size));
  return { frames, facts: reader.end() };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
