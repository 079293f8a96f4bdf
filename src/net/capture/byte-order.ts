import { readU16, readU32 } from '../wire/big-endian.ts';

/** Numbers in the byte order of the machine that wrote a capture. */
export interface ByteOrder {
  u16(bytes: Uint8Array, at: number): number;
  /** Unsigned. */
  u32(bytes: Uint8Array, at: number): number;
}

export const LITTLE: ByteOrder = {
  u16: (bytes, at) => bytes[at]! | (bytes[at + 1]! << 8),
  u32: (bytes, at) =>
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0,
};

export const BIG: ByteOrder = { u16: readU16, u32: readU32 };
