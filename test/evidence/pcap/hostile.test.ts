import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RushhourError } from '../../../src/errors.ts';
import { matchFiles } from '../../../src/evidence/match/match-files.ts';
import { readCaptureFiles } from '../../../src/evidence/pcap/read-files.ts';
import { renderCaptures } from '../../../src/render/pcap.ts';
import { renderSides } from '../../../src/render/sides.ts';
import { Blocks } from '../../net/capture/blocks.ts';
import { EPOCH_SEC, pcapOf, writeCapture } from '../capture-file.ts';
import { makeTraffic } from '../traffic.ts';
import { type Framed, frameOf, unreachableFrame, wholeConnection } from '../wire.ts';

/** Its header is 24 bytes, that of each record 16. */
const [FILE_HEADER, RECORD_HEADER] = [24, 16];
const ETHERNET = 14;

const pcapng = new Blocks();
const whole = wholeConnection({ client: '10.0.0.1:4000', server: '192.0.2.9:3128' });
const syn = frameOf({ from: '10.0.0.1:1', to: '192.0.2.9:3128', atMs: 1, flags: 'S', seq: 5 });
const good = pcapOf(whole, {});
const TICKS = BigInt(EPOCH_SEC) * 1_000_000n;

interface Hostile {
  readonly what: string;
  readonly bytes: () => Uint8Array;
  /** What is said of it: as an error, or beside what could be read. */
  readonly says: RegExp;
  /** TCP connections that could be read of it; default: it is no capture. */
  readonly connections?: number;
}

/** A good capture with words written over it, little-endian. */
function changed(words: readonly (readonly [at: number, word: number])[], of: Buffer = good): Buffer {
  const bytes = Buffer.from(of);
  for (const [at, word] of words) bytes.writeUInt32LE(word >>> 0, at);
  return bytes;
}

/** One frame, after bytes of it were written over. */
function frameWith(changes: readonly (readonly [at: number, byte: number])[], of: Framed = syn): Framed {
  const frame = Uint8Array.from(of.frame);
  for (const [at, byte] of changes) frame[at] = byte;
  return { ...of, frame };
}

function captureOf(...frames: readonly Framed[]): Buffer {
  return pcapOf(frames, {});
}

/** Ethernet, then anything. */
function etherFrame(type: number, ...parts: readonly Uint8Array[]): Framed {
  return { atUs: 1, frame: Buffer.concat([syn.frame.subarray(0, 12), u16(type), ...parts]) };
}

function u16(...numbers: readonly number[]): Buffer {
  return Buffer.from(numbers.flatMap((number) => [number >>> 8, number & 0xff]));
}

/** An IPv4 header that believes to carry all of a payload. */
function ipv4(protocol: number, payload: Uint8Array): Buffer {
  const header = Buffer.from(syn.frame.subarray(ETHERNET, ETHERNET + 20));
  header.writeUInt16BE(20 + payload.length, 2);
  header[9] = protocol;
  return Buffer.concat([header, payload]);
}

function ipv6(next: number, payload: Uint8Array): Buffer {
  const addresses = Buffer.alloc(32, 0x20);
  return Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    u16(payload.length),
    Buffer.from([next, 64]),
    addresses,
    payload,
  ]);
}

/** The same step taken so many times, from the inside out. */
function nested(times: number, innermost: Uint8Array, wrap: (inner: Uint8Array) => Uint8Array): Uint8Array {
  let inner = innermost;
  for (let left = times; left > 0; left -= 1) inner = wrap(inner);
  return inner;
}

const [IP_IN_IP, TCP, GRE, HOP_BY_HOP, UDP] = [4, 6, 47, 0, 17];
const packet = syn.frame.subarray(ETHERNET);
const segment = packet.subarray(20);

/** SYNs of as many clients. */
function flood(count: number): Framed[] {
  return Array.from({ length: count }, (_, index) =>
    frameOf({
      ...{ from: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:${1 + (index % 60_000)}` },
      ...{ to: '192.0.2.9:3128', atMs: index / 100, flags: 'S', seq: index },
    }),
  );
}

function ngWith(...blocks: readonly Uint8Array[]): Buffer {
  const frames = whole.map(({ frame, atUs }) => pcapng.packet(0, TICKS + BigInt(Math.round(atUs)), frame));
  return Buffer.concat([pcapng.section(), pcapng.interface(1), ...frames, ...blocks]);
}

const FILES: readonly Hostile[] = [
  { what: 'no byte', bytes: () => Buffer.alloc(0), says: /is empty/ },
  { what: 'three bytes', bytes: () => good.subarray(0, 3), says: /has too few bytes/ },
  { what: 'a text', bytes: () => Buffer.from('<html>not yours</html>'.repeat(9)), says: /is not a capture/ },
  { what: 'zeros', bytes: () => Buffer.alloc(1_000), says: /is not a capture/ },
  { what: 'no frame', bytes: () => good.subarray(0, FILE_HEADER), says: /has no frames/, connections: 0 },
  {
    what: 'a zstd',
    bytes: () => Buffer.from('28b52ffd'.repeat(9), 'hex'),
    says: /unpack it with zstd first/,
  },
  { what: 'a gzip in a gzip', bytes: () => gzipSync(gzipSync(good)), says: /is not a capture/ },
  { what: 'a gzip of 64 MB of zeros', bytes: () => gzipSync(Buffer.alloc(64e6)), says: /is not a capture/ },
  { what: 'a gzip of nothing', bytes: () => gzipSync(Buffer.alloc(0)), says: /is empty/ },
  {
    what: 'a gzip without its end',
    bytes: () => gzipSync(good).subarray(0, -9),
    says: /breaks off/,
    connections: 1,
  },
  {
    what: 'a gzip with a wrong checksum',
    bytes: () => {
      const bytes = gzipSync(good);
      bytes[bytes.length - 8]! ^= 1;
      return bytes;
    },
    // What it unpacks to is not what was packed: nothing of this last piece is believed.
    says: /is damaged: the rest cannot be unpacked/,
  },
  {
    what: 'a gzip header alone',
    bytes: () => Buffer.from('1f8b', 'hex'),
    says: /breaks off|too few|is empty/,
  },
];

const PCAP: readonly Hostile[] = [
  {
    what: 'a first frame of 4 GiB',
    bytes: () => changed([[FILE_HEADER + 8, 0xffff_ffff]]),
    says: /is damaged: frame 1 claims to have captured 4294967295 bytes/,
  },
  {
    what: 'a second frame of 4 GiB',
    bytes: () => changed([[FILE_HEADER + RECORD_HEADER + syn.frame.length + 8, 0x8000_0000]]),
    says: /is damaged: frame 2 claims to have captured 2147483648 bytes/,
    connections: 1,
  },
  {
    what: 'a frame longer than what is left',
    bytes: () => changed([[FILE_HEADER + 8, 200_000]]),
    says: /breaks off after frame 0/,
    connections: 0,
  },
  {
    what: 'a frame that captured more than there was',
    bytes: () => changed([[FILE_HEADER + 12, 1]]),
    says: /connections 1/,
    connections: 1,
  },
  {
    what: 'seconds and microseconds without end',
    bytes: () =>
      changed([
        [FILE_HEADER, 0xffff_ffff],
        [FILE_HEADER + 4, 0xffff_ffff],
      ]),
    says: /earlier than the frame before/,
    connections: 1,
  },
  {
    what: 'the beginning of time',
    bytes: () =>
      changed([
        [FILE_HEADER, 0],
        [FILE_HEADER + 4, 0],
      ]),
    says: /begins before 1998/,
    connections: 1,
  },
  {
    what: 'a snap length of 0',
    bytes: () => changed([[16, 0]]),
    says: /connections 1/,
    connections: 1,
  },
  {
    what: 'a link type that nobody has',
    bytes: () => changed([[20, 0x03ff_ffff]]),
    says: /has frames of link type 67108863, which cannot be read/,
    connections: 0,
  },
  {
    what: '100,000 frames of no byte',
    bytes: () => Buffer.concat([good.subarray(0, FILE_HEADER), Buffer.alloc(100_000 * RECORD_HEADER)]),
    says: /100000 of 100000 frames that were cut off/,
    connections: 0,
  },
];

const PCAPNG: readonly Hostile[] = [
  { what: 'a section alone', bytes: () => pcapng.section(), says: /has no frames/, connections: 0 },
  {
    what: 'a section that does not say its byte order',
    bytes: () => changed([[8, 0]], ngWith()),
    says: /does not specify its byte order/,
  },
  { what: 'a version to come', bytes: () => pcapng.section(99), says: /is a pcapng of version 99/ },
  {
    what: 'a block of no byte',
    bytes: () => ngWith(pcapng.u32(6, 0, 0)),
    says: /a block claims a length of 0 bytes/,
    connections: 1,
  },
  {
    what: 'a block of an odd length',
    bytes: () => ngWith(pcapng.u32(6, 33, 0)),
    says: /a block claims a length of 33 bytes/,
    connections: 1,
  },
  {
    what: 'a block of 4 GiB',
    bytes: () => ngWith(pcapng.u32(6, 0xffff_fffc, 0)),
    says: /a block claims a length of 4294967292 bytes/,
    connections: 1,
  },
  {
    what: 'a block that ends as another',
    bytes: () => ngWith(pcapng.u32(6, 16, 0, 20)),
    says: /a block of 16 bytes ends as one of 20/,
    connections: 1,
  },
  {
    what: 'frames of an interface that is not there',
    bytes: () => ngWith(pcapng.packet(0xffff_ffff, TICKS, syn.frame)),
    says: /has frames that name no interface/,
    connections: 1,
  },
  {
    what: 'a frame longer than its block',
    bytes: () =>
      ngWith(pcapng.block(6, pcapng.u32(0), pcapng.time(TICKS), pcapng.u32(0xffff_ffff, 60), syn.frame)),
    says: /has frames longer than their blocks/,
    connections: 1,
  },
  {
    what: 'more interfaces than machines have',
    bytes: () => ngWith(...Array.from({ length: 5_000 }, () => pcapng.interface(1))),
    says: /has more than 4096 interfaces/,
    connections: 1,
  },
  ...[0x7f, 0x80, 0xff].map(
    (resolution): Hostile => ({
      what: `a clock of resolution ${resolution}`,
      bytes: () =>
        Buffer.concat([
          pcapng.section(),
          pcapng.interface(1, 0, pcapng.option(9, Uint8Array.of(resolution))),
          ...whole.map(({ frame }) => pcapng.packet(0, 0xffff_ffff_ffff_ffffn, frame)),
        ]),
      says: /clock of the machine/,
      connections: 1,
    }),
  ),
  ...[2n ** 63n - 1n, -(2n ** 63n)].map(
    (offset): Hostile => ({
      what: `a clock that is off by ${offset} s`,
      bytes: () =>
        Buffer.concat([
          pcapng.section(),
          pcapng.interface(1, 0, pcapng.option(14, pcapng.u64(offset))),
          ...whole.map(({ frame }) => pcapng.packet(0, TICKS, frame)),
        ]),
      says: /clock of the machine/,
      connections: 1,
    }),
  ),
  {
    what: 'an option longer than its block',
    bytes: () => ngWith(pcapng.packet(0, TICKS, syn.frame, pcapng.u16(1, 0xffff))),
    says: /connections 2/,
    connections: 2,
  },
  {
    what: 'statistics beyond every number',
    bytes: () =>
      ngWith(pcapng.block(5, pcapng.u32(0), pcapng.time(TICKS), pcapng.option(5, pcapng.u64(-1n)))),
    says: /lacks \d+ packets that the capture dropped/,
    connections: 1,
  },
  {
    what: '10,000 sections',
    bytes: () => Buffer.concat([ngWith(), ...Array.from({ length: 10_000 }, () => pcapng.section())]),
    says: /connections 1/,
    connections: 1,
  },
];

const FRAMES: readonly Hostile[] = [
  {
    what: 'an IPv4 header of no word',
    bytes: () => captureOf(frameWith([[ETHERNET, 0x40]])),
    says: /1 of 1 frames that are malformed/,
    connections: 0,
  },
  {
    what: 'an IPv4 packet shorter than its header',
    bytes: () =>
      captureOf(
        frameWith([
          [ETHERNET + 2, 0],
          [ETHERNET + 3, 8],
        ]),
      ),
    says: /1 of 1 frames that are malformed/,
    connections: 0,
  },
  {
    what: 'a TCP header of no word',
    bytes: () => captureOf(frameWith([[ETHERNET + 32, 0]])),
    says: /1 of 1 frames that are malformed/,
    connections: 0,
  },
  {
    what: 'a TCP header longer than its packet',
    bytes: () => captureOf(frameWith([[ETHERNET + 32, 0xf0]])),
    says: /1 of 1 frames that are malformed/,
    connections: 0,
  },
  {
    what: 'a TCP option of no byte, and one beyond the header',
    bytes: () =>
      captureOf(
        frameWith([[ETHERNET + 41, 0]]),
        frameWith([
          [ETHERNET + 41, 255],
          [ETHERNET + 21, 9],
        ]),
      ),
    says: /connections 2/,
    connections: 2,
  },
  {
    what: 'every TCP flag at once',
    bytes: () => captureOf(frameWith([[ETHERNET + 33, 0xff]]), frameWith([[ETHERNET + 33, 0]])),
    says: /connections 1/,
    connections: 1,
  },
  {
    what: 'a connection of an address with itself',
    bytes: () =>
      captureOf(
        frameOf({ from: '192.0.2.9:80', to: '192.0.2.9:80', atMs: 1, flags: 'S', seq: 1 }),
        frameOf({ from: '192.0.2.9:80', to: '192.0.2.9:80', atMs: 2, flags: 'SA', seq: 1, ack: 2 }),
      ),
    says: /connections 1/,
    connections: 1,
  },
  {
    what: 'ports and addresses of 0',
    bytes: () =>
      captureOf(frameOf({ from: '0.0.0.0:0', to: '255.255.255.255:0', atMs: 1, flags: 'S', seq: -1 })),
    says: /connections 1/,
    connections: 1,
  },
  {
    what: '300 VLAN tags',
    bytes: () =>
      captureOf(
        etherFrame(
          0x8100,
          nested(300, packet, (inner) => Buffer.concat([u16(1, 0x8100), inner])),
        ),
      ),
    says: /1 of 1 frames that are encapsulated too deeply/,
    connections: 0,
  },
  {
    what: '300 IP headers, one in the other',
    bytes: () =>
      captureOf(
        etherFrame(
          0x0800,
          nested(300, packet, (inner) => ipv4(IP_IN_IP, inner)),
        ),
      ),
    says: /1 of 1 frames that are encapsulated too deeply/,
    connections: 0,
  },
  {
    what: '60 VXLANs, one in the other',
    bytes: () =>
      captureOf({
        atUs: 1,
        frame: nested(60, syn.frame, (inner) => {
          const udp = Buffer.concat([u16(1, 4_789, 16 + inner.length, 0), u16(0x0800, 0, 0, 0), inner]);
          return etherFrame(0x0800, ipv4(UDP, udp)).frame;
        }),
      }),
    says: /1 of 1 frames that are encapsulated too deeply/,
    connections: 0,
  },
  {
    what: '200 extension headers of IPv6',
    bytes: () =>
      captureOf(
        etherFrame(
          0x86dd,
          ipv6(
            HOP_BY_HOP,
            nested(200, segment, (inner) => Buffer.concat([Buffer.alloc(8), inner])),
          ),
        ),
      ),
    says: /1 of 1 frames that are encapsulated too deeply/,
    connections: 0,
  },
  {
    what: 'an extension header longer than its packet',
    bytes: () =>
      captureOf(etherFrame(0x86dd, ipv6(HOP_BY_HOP, Buffer.concat([Buffer.from([TCP, 255]), segment])))),
    says: /1 of 1 frames that are malformed/,
    connections: 0,
  },
  {
    what: 'a GRE with every field, and none of them there',
    bytes: () => captureOf(etherFrame(0x0800, ipv4(GRE, u16(0xb000, 0x0800)))),
    says: /cut off/,
    connections: 0,
  },
  {
    what: 'later fragments alone',
    bytes: () =>
      captureOf(
        frameWith([
          [ETHERNET + 6, 0x1f],
          [ETHERNET + 7, 0xff],
        ]),
      ),
    says: /1 of 1 frames that are later fragments/,
    connections: 0,
  },
  {
    what: 'an ICMP error that quotes itself',
    bytes: () => {
      const error = unreachableFrame('10.0.0.254', 13, syn, 2);
      return captureOf(syn, error, unreachableFrame('10.0.0.254', 13, error, 3));
    },
    says: /connections 1/,
    connections: 1,
  },
  {
    what: 'ICMP errors about what nobody sent, with a quote of no length and of the longest',
    bytes: () => {
      const error = unreachableFrame('10.0.0.254', 1, syn, 2);
      return captureOf(
        error,
        frameWith([[ETHERNET + 25, 255]], error),
        frameWith([[ETHERNET + 28, 0]], error),
      );
    },
    says: /It contains no TCP/,
    connections: 0,
  },
  {
    what: 'one SYN 5,000 times within a second',
    bytes: () =>
      captureOf(
        ...Array.from({ length: 5_000 }, (_, index) =>
          frameWith(
            [
              [ETHERNET + 4, index >> 8],
              [ETHERNET + 5, index & 255],
            ],
            { ...syn, atUs: index * 200 },
          ),
        ),
      ),
    says: /5,000 SYNs, 4,999 of them retransmissions/,
    connections: 1,
  },
  {
    what: '33,000 SYNs of as many clients at once',
    bytes: () => captureOf(...flood(33_000)),
    says: /More connections were open at once than this command can track: \d+ idle ones were dropped/,
    connections: 33_000,
  },
];

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'hostile-'));
  writeCapture(join(dir, 'near'), makeTraffic(12, 1), { form: 'pcap' });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What a user is shown of it, by either command that reads it. */
async function show({ bytes }: Hostile): Promise<{ text: string; connections: number | undefined }> {
  const file = { path: join(dir, 'hostile'), shown: 'hostile' };
  const near = { path: join(dir, 'near'), shown: 'near' };
  writeFileSync(file.path, bytes());
  try {
    const report = await readCaptureFiles([file], { nowSec: EPOCH_SEC + 3_600 });
    const sides = await matchFiles(near, file);
    expect(sides.matched).toBe(0);
    const shown = [renderCaptures(report, 200), renderSides(sides, 200), JSON.stringify([report, sides])];
    for (const text of shown) expect(text).not.toMatch(/NaN|undefined|Infinity/);
    return { text: `${shown[0]} ${JSON.stringify(report.files)}`, connections: report.connections };
  } catch (error) {
    if (!(error instanceof RushhourError)) throw error;
    await expect(matchFiles(near, file)).rejects.toThrow(error.message);
    return { text: error.message, connections: undefined };
  }
}

describe.each([
  ['a file', FILES],
  ['a pcap', PCAP],
  ['a pcapng', PCAPNG],
  ['a capture', FRAMES],
] as const)('%s of', (_, cases) => {
  it.each(cases)('$what', async (hostile) => {
    const { text, connections } = await show(hostile);
    expect(text).toMatch(hostile.says);
    expect(connections).toBe(hostile.connections);
  });
});
