import { execFileSync } from 'node:child_process';

/** How a pcap is written. */
export interface PcapMake {
  /** Default: Ethernet. */
  readonly linkType?: number;
  readonly isBigEndian?: boolean;
  /** Fractions of a second are nanoseconds. */
  readonly isNano?: boolean;
  /** Bytes captured of each frame; default: all. */
  readonly snapLength?: number;
}

/**
 * A pcap of frames as https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap describes it, made without code of src/. The
 * time of each is its index: in seconds, and in microseconds or nanoseconds besides.
 */
export function makePcap(frames: readonly Uint8Array[], make: PcapMake = {}): Buffer {
  const { linkType = 1, isBigEndian = false, isNano = false, snapLength = 262_144 } = make;
  const words = (...numbers: number[]) => {
    const bytes = Buffer.alloc(numbers.length * 4);
    numbers.forEach((number, index) => {
      if (isBigEndian) bytes.writeUInt32BE(number, index * 4);
      else bytes.writeUInt32LE(number, index * 4);
    });
    return bytes;
  };
  const version = isBigEndian ? 0x0002_0004 : 0x0004_0002;
  const magic = isNano ? 0xa1b2_3c4d : 0xa1b2_c3d4;
  return Buffer.concat([
    words(magic, version, 0, 0, snapLength, linkType),
    ...frames.flatMap((frame, index) => {
      const captured = frame.subarray(0, snapLength);
      return [words(index, index, captured.length, frame.length), captured];
    }),
  ]);
}

/**
 * What tcpdump reads in a capture: its words for each frame, those of several lines joined.
 * @param flags besides those that switch look-ups of names off and print times as seconds
 */
export function readByTcpdump(capture: Uint8Array, flags: readonly string[]): string[] {
  const printed = execFileSync('tcpdump', ['-nn', '-tt', ...flags, '-r', '-'], {
    input: capture,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    // It tells there what it reads, and what the link type is.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return printed
    .replace(/\n\s+/g, ' ')
    .split('\n')
    .filter((line) => line !== '');
}
