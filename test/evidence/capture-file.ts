import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { PcapngWriter } from '../../src/net/capture/pcapng-writer.ts';
import type { Framed } from './wire.ts';

/** A Thursday in 2025; frames' times count from here. */
export const EPOCH_SEC = 1_738_281_600;

export interface Make {
  readonly form: 'pcap' | 'pcapng';
  /** Default: Ethernet. */
  readonly link?: 'ethernet' | 'sll' | 'sll2' | 'raw';
  readonly vlan?: boolean;
  readonly snapLength?: number;
  readonly isNano?: boolean;
  readonly isGzip?: boolean;
  /** Seconds that the clock is ahead. */
  readonly aheadSec?: number;
  /** Of a pcapng: frames that the system dropped, as its statistics say. */
  readonly dropped?: number;
}

const LINKS = { ethernet: 1, sll: 113, sll2: 276, raw: 101 } as const;

/** Writes frames as a capture; those of pcap without code of src/. */
export function writeCapture(path: string, frames: readonly Framed[], make: Make): string {
  const bytes = make.form === 'pcap' ? pcapOf(frames, make) : pcapngOf(frames, make);
  writeFileSync(path, make.isGzip ? gzipSync(bytes) : bytes);
  return path;
}

export function pcapOf(frames: readonly Framed[], make: Omit<Make, 'form'>): Buffer {
  const { link = 'ethernet', snapLength = 262_144, isNano = false, aheadSec = 0 } = make;
  const words = (...numbers: number[]) => {
    const bytes = Buffer.alloc(numbers.length * 4);
    for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, index * 4);
    return bytes;
  };
  const magic = isNano ? 0xa1b2_3c4d : 0xa1b2_c3d4;
  const parts: Uint8Array[] = [words(magic, 0x0004_0002, 0, 0, snapLength, LINKS[link])];
  for (const framed of frames) {
    const frame = wrap(framed.frame, link, make.vlan === true);
    const captured = frame.subarray(0, snapLength);
    const { sec, ns } = timeOf(framed.atUs, aheadSec);
    parts.push(words(sec, isNano ? ns : Math.floor(ns / 1_000), captured.length, frame.length), captured);
  }
  return Buffer.concat(parts);
}

function pcapngOf(
  frames: readonly Framed[],
  { snapLength = 262_144, aheadSec = 0, vlan = false, dropped }: Make,
): Buffer {
  const blocks: Uint8Array[] = [];
  const options = { application: 'test', interfaceName: 'eth0', snapLength, maxBytes: 2 ** 30 };
  const writer = new PcapngWriter(options, (block) => blocks.push(block));
  for (const { frame, atUs } of frames) {
    const whole = wrap(frame, 'ethernet', vlan);
    writer.write(timeOf(atUs, aheadSec), whole, whole.length);
  }
  if (dropped !== undefined) {
    const [from, to] = [frames[0]!, frames.at(-1)!].map(({ atUs }) => timeOf(atUs, aheadSec));
    writer.end({ from: from!, to: to!, received: frames.length + dropped, dropped });
  }
  return Buffer.concat(blocks);
}

function timeOf(atUs: number, aheadSec: number): { sec: number; ns: number } {
  const us = Math.round(atUs);
  return { sec: EPOCH_SEC + aheadSec + Math.floor(us / 1e6), ns: (((us % 1e6) + 1e6) % 1e6) * 1_000 };
}

function wrap(frame: Uint8Array, link: NonNullable<Make['link']>, vlan: boolean): Uint8Array {
  const [type, packet] = [frame.subarray(12, 14), frame.subarray(14)];
  if (link === 'raw') return packet;
  if (link === 'sll')
    return Buffer.concat([Uint8Array.of(0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0), type, packet]);
  if (link === 'sll2')
    return Buffer.concat([type, Uint8Array.of(0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0), packet]);
  if (vlan) return Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 5), type, packet]);
  return frame;
}
