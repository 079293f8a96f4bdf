import { LINK_TYPE } from '../wire/link-types.ts';
import {
  BLOCK,
  BLOCK_BYTES,
  BYTE_ORDER_MAGIC,
  COMMENT,
  INTERFACE_OPTION,
  OPTION_END,
  SECTION_OPTION,
  STATISTICS_OPTION,
} from './pcapng-blocks.ts';

/** The only version. */
const MAJOR = 1;
const MINOR = 0;
/** Length of a section that extends to the end of the file (-1 as 64 bits). */
const UNKNOWN_LENGTH = 0xffff_ffff;

/** if_tsresol: 10^-9 s. */
const NANOSECONDS = 9;

/** A moment of the system's clock. */
export interface CaptureTime {
  /** Since 1970. */
  readonly sec: number;
  /** 0-999,999,999. */
  readonly ns: number;
}

export type Option = readonly [code: number, value: Uint8Array];

/** Blocks are written little-endian, with a single interface. */
export function encodeSection(application: string): Uint8Array {
  const fixed = words(BYTE_ORDER_MAGIC, MAJOR | (MINOR << 16), UNKNOWN_LENGTH, UNKNOWN_LENGTH);
  return encodeBlock(
    BLOCK.SECTION_HEADER,
    [fixed],
    [[SECTION_OPTION.APPLICATION, ENCODER.encode(application)]],
  );
}

/** @param snapLength maximum bytes kept of a frame */
export function encodeInterface(name: string, snapLength: number): Uint8Array {
  return encodeBlock(
    BLOCK.INTERFACE,
    [words(LINK_TYPE.ETHERNET, snapLength)],
    [
      [INTERFACE_OPTION.NAME, ENCODER.encode(name)],
      [INTERFACE_OPTION.TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)],
    ],
  );
}

export function encodePacket(
  time: CaptureTime,
  captured: Uint8Array,
  wireBytes: number,
  comments: readonly Uint8Array[],
): Uint8Array {
  const fixed = words(0, ...ticksOf(time), captured.length, wireBytes);
  return encodeBlock(
    BLOCK.ENHANCED_PACKET,
    [fixed, captured],
    comments.map((comment) => [COMMENT, comment]),
  );
}

/** Statistics written when a capture ends. */
export interface CaptureStatistics {
  readonly from: CaptureTime;
  readonly to: CaptureTime;
  /** Frames received, written to the file or not, and frames that the system dropped before. */
  readonly received: number;
  readonly dropped: number;
}

export function encodeStatistics({ from, to, received, dropped }: CaptureStatistics): Uint8Array {
  return encodeBlock(
    BLOCK.STATISTICS,
    [words(0, ...ticksOf(to))],
    [
      [STATISTICS_OPTION.START, words(...ticksOf(from))],
      [STATISTICS_OPTION.END, words(...ticksOf(to))],
      [STATISTICS_OPTION.RECEIVED, wide(received)],
      [STATISTICS_OPTION.DROPPED, wide(dropped)],
    ],
  );
}

function encodeBlock(type: number, parts: readonly Uint8Array[], options: readonly Option[]): Uint8Array {
  const optionBytes = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 0);
  const endBytes = options.length === 0 ? 0 : 4;
  const length = parts.reduce((sum, part) => sum + padded(part.length), BLOCK_BYTES) + optionBytes + endBytes;
  const block = new Uint8Array(length);
  const view = new DataView(block.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  let at = 8;
  const put = (bytes: Uint8Array) => {
    block.set(bytes, at);
    at += padded(bytes.length);
  };
  for (const part of parts) put(part);
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    at += 4;
    put(value);
  }
  if (endBytes > 0) view.setUint32(at, OPTION_END, true);
  view.setUint32(length - 4, length, true);
  return block;
}

function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}

/** Nanoseconds since 1970: the upper 32 bits, and the lower. */
function ticksOf({ sec, ns }: CaptureTime): [number, number] {
  const ticks = BigInt(sec) * 1_000_000_000n + BigInt(ns);
  return [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)];
}

function words(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of numbers.entries()) view.setUint32(index * 4, number, true);
  return bytes;
}

/** 64 bits, least significant first. Times are two words, the upper one first, and are written elsewhere. */
function wide(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

const ENCODER = new TextEncoder();
