import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../../src/net/capture/types.ts';
import { Blocks, hexOf, readPieces } from './blocks.ts';

const FRAME = Uint8Array.of(1, 2, 3, 4, 5);
const ORDERS = [new Blocks(false), new Blocks(true)] as const;

describe.each([
  ['little-endian', ORDERS[0]],
  ['big-endian', ORDERS[1]],
])('reading a pcapng, %s', (_, blocks) => {
  /** Second and microseconds of a frame on an interface with these options. */
  const timeOf = (ticks: bigint, ...options: readonly Uint8Array[]) => {
    const capture = [blocks.section(), blocks.interface(1, 0, ...options), blocks.packet(0, ticks, FRAME)];
    const { frames, facts } = readPieces(Buffer.concat(capture));
    return { sec: facts.epochSec, us: frames[0]!.atUs };
  };
  const resolution = (value: number) => blocks.option(9, Uint8Array.of(value));

  it('reads frames of several interfaces', () => {
    const capture = Buffer.concat([
      blocks.section(),
      blocks.interface(1),
      blocks.packet(0, 5_000_001n, FRAME),
      blocks.interface(276, 96, resolution(9)),
      blocks.packet(1, 6_000_000_001n, Uint8Array.of(9)),
    ]);
    const { frames, facts } = readPieces(capture);
    expect(frames).toEqual([
      { number: 1, atUs: 1, linkType: 1, bytes: hexOf(FRAME), wireBytes: 5, comments: [] },
      { number: 2, atUs: 1_000_000.001, linkType: 276, bytes: '09', wireBytes: 1, comments: [] },
    ]);
    expect(facts).toMatchObject({ epochSec: 5, wholeBytes: capture.length, faults: new Set() });
    for (const size of [1, 5, 12, 31]) expect(readPieces(capture, size)).toEqual({ frames, facts });
  });

  it.each<[string, bigint, number | undefined, number, number]>([
    ['microseconds by default', 1_760_000_000_123_456n, undefined, 1_760_000_000, 123_456],
    ['milliseconds', 1_760_000_000_123n, 3, 1_760_000_000, 123_000],
    ['nanoseconds, which a double does not hold', 1_760_000_000_123_456_789n, 9, 1_760_000_000, 123_456.789],
    ['nanoseconds, to the last one', 1_760_000_000_999_999_999n, 9, 1_760_000_000, 999_999.999],
    ['powers of two', (1_760_000_000n << 20n) + 524_288n, 0x94, 1_760_000_000, 500_000],
    ['fine powers of two', (1_760_000_000n << 32n) + 0x8000_0000n, 0xa0, 1_760_000_000, 500_000],
    ['picoseconds', 1_500_000_000_000_001_000n, 12, 1_500_000, 0.001],
    ['whole seconds', 1_760_000_000n, 0, 1_760_000_000, 0],
    ['nanoseconds, the last that there are', 0xffff_ffff_ffff_ffffn, 9, 18_446_744_073, 709_551.615],
    ['units finer than any clock has', 5n, 0x7f, 0, 0],
  ])('knows the time in %s', (_name, ticks, value, sec, us) => {
    const time = timeOf(ticks, ...(value === undefined ? [] : [resolution(value)]));
    expect(time.sec).toBe(sec);
    expect(time.us).toBeCloseTo(us, 6);
  });

  it('adds the offset of an interface, which may be negative', () => {
    const offset = (sec: bigint) => blocks.option(14, blocks.u64(sec));
    expect(timeOf(10_000_000n, offset(1_760_000_000n))).toEqual({ sec: 1_760_000_010, us: 0 });
    expect(timeOf(10_000_000n, offset(-1n))).toEqual({ sec: 9, us: 0 });
    expect(timeOf(10_000_000n, offset(-5_000_000_000n))).toEqual({ sec: -4_999_999_990, us: 0 });
  });

  it('reads simple packets: without a time, of the first interface, cut by its snap length', () => {
    const simple = blocks.block(3, blocks.u32(7), Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    const cut = blocks.block(3, blocks.u32(70), Uint8Array.of(1, 2, 3, 4));
    const { frames, facts } = readPieces(
      Buffer.concat([blocks.section(), blocks.interface(101, 4), simple, cut]),
    );
    expect(frames).toMatchObject([
      { atUs: Number.NaN, linkType: 101, bytes: '01020304', wireBytes: 7 },
      { atUs: Number.NaN, linkType: 101, bytes: '01020304', wireBytes: 70 },
    ]);
    expect(facts).toMatchObject({ frames: 2, epochSec: undefined, cut: 2, firstUs: Number.NaN });
    const whole = readPieces(Buffer.concat([blocks.section(), blocks.interface(101, 0), simple]));
    expect(whole.frames[0]!.bytes).toBe('01020304050607');
  });

  it('reads obsolete packets', () => {
    const fixed = [blocks.u16(0, 3), blocks.time(2_000_003n), blocks.u32(5, 80)];
    const obsolete = blocks.block(2, ...fixed, FRAME);
    const { frames } = readPieces(Buffer.concat([blocks.section(), blocks.interface(1), obsolete]));
    expect(frames).toMatchObject([{ atUs: 3, bytes: hexOf(FRAME), wireBytes: 80 }]);
  });

  it('reads comments', () => {
    const comment = (text: string) => blocks.option(1, Buffer.from(text));
    const others = [blocks.option(2, blocks.u32(1)), comment('frühmorgens'), blocks.u32(0)];
    const { frames } = readPieces(
      Buffer.concat([
        ...[
          blocks.section(),
          blocks.interface(1),
          blocks.packet(0, 1n, FRAME, comment('stall 7'), ...others),
        ],
        blocks.packet(0, 1n, FRAME),
        blocks.packet(0, 1n, FRAME, blocks.option(1, Uint8Array.of(0xff, 65)), blocks.u32(0)),
      ]),
    );
    expect(frames.map(({ comments }) => comments)).toEqual([['stall 7', 'frühmorgens'], [], ['\ufffdA']]);
  });

  it('sums up what was dropped, by the last statistics of each interface and section', () => {
    const statistics = (index: number, dropped: number, byOs: number) =>
      blocks.block(
        5,
        blocks.u32(index, 0, 0),
        blocks.option(5, blocks.u64(BigInt(dropped))),
        blocks.option(7, blocks.u64(BigInt(byOs))),
        blocks.u32(0),
      );
    const section = [blocks.section(), blocks.interface(1), blocks.interface(1)];
    const first = [...section, statistics(0, 3, 1), statistics(1, 10, 0), statistics(0, 5, 1)];
    expect(readPieces(Buffer.concat([...first, ...section, statistics(0, 100, 0)])).facts.dropped).toBe(116);
    const untold = blocks.block(5, blocks.u32(0, 0, 0));
    expect(readPieces(Buffer.concat([...section, untold])).facts.dropped).toBeUndefined();
  });

  it('skips blocks that it does not know', () => {
    const { frames, facts } = readPieces(
      Buffer.concat([
        ...[blocks.section(), blocks.block(4, new Uint8Array(40)), blocks.interface(1), blocks.block(0x0bad)],
        ...[
          blocks.block(0x8000_0001, FRAME),
          blocks.packet(0, 1n, FRAME),
          blocks.block(10, new Uint8Array(100_000)),
        ],
      ]),
    );
    expect(frames).toHaveLength(1);
    expect([...facts.faults]).toEqual([]);
  });

  it('leaves out frames that it cannot place, and says so', () => {
    const { frames, facts } = readPieces(
      Buffer.concat([
        ...[
          blocks.section(),
          blocks.packet(0, 1n, FRAME),
          blocks.block(3, blocks.u32(5), FRAME),
          blocks.interface(1),
        ],
        ...[blocks.packet(1, 1n, FRAME), blocks.packet(0, 1n, FRAME), blocks.block(6)],
        blocks.block(6, blocks.u32(0, 0, 0, 50, 50), FRAME),
      ]),
    );
    expect(frames).toHaveLength(1);
    expect([...facts.faults]).toEqual([
      'has frames that name no interface; they are left out',
      'has frames longer than their blocks; they are left out',
    ]);
  });

  it.each<[string, Uint8Array, string]>([
    ['a length of 0', blocks.u32(6, 0, 0), 'a block claims a length of 0 bytes'],
    ['an odd length', blocks.u32(6, 13, 0, 0), 'a block claims a length of 13 bytes'],
    ['the length of a disk', blocks.u32(6, 0xffff_fff0, 0), 'a block claims a length of 4294967280 bytes'],
    ['two lengths', blocks.u32(6, 16, 0, 20), 'a block of 16 bytes ends as one of 20'],
    [
      'no byte order',
      blocks.block(0x0a0d_0d0a, new Uint8Array(16)),
      'a section does not specify its byte order',
    ],
    [
      'a short section',
      blocks.block(0x0a0d_0d0a, blocks.u32(0x1a2b_3c4d)),
      'a section has a header of 16 bytes',
    ],
    ['a short interface', blocks.block(1, new Uint8Array(4)), 'an interface is described in too few bytes'],
  ])('stops at a block with %s, and keeps what came before', (_name, damage, message) => {
    const before = Buffer.concat([blocks.section(), blocks.interface(1), blocks.packet(0, 1n, FRAME)]);
    const { frames, facts } = readPieces(Buffer.concat([before, damage, blocks.packet(0, 2n, FRAME)]));
    expect(frames).toHaveLength(1);
    expect([...facts.faults]).toEqual([`is damaged: after frame 1, ${message}`]);
    expect(facts.wholeBytes).toBe(before.length);
  });

  it('refuses versions that do not exist yet', () => {
    expect(() => readPieces(blocks.section(2))).toThrow(
      new CaptureError('is a pcapng of version 2; only version 1 can be read'),
    );
  });

  it('refuses more interfaces than any machine has, lest they fill its memory', () => {
    const many = new Array<Buffer>(4_097).fill(blocks.interface(1));
    expect(() => readPieces(Buffer.concat([blocks.section(), ...many]))).toThrow(
      new CaptureError('has more than 4096 interfaces'),
    );
  });

  it('says how far a file that breaks off could be read', () => {
    const whole = Buffer.concat([blocks.section(), blocks.interface(1), blocks.packet(0, 1n, FRAME)]);
    const { facts } = readPieces(Buffer.concat([whole, blocks.packet(0, 2n, FRAME).subarray(0, 30)]));
    expect([...facts.faults]).toEqual([
      `breaks off after frame 1: ${whole.length} bytes could be read, 30 could not`,
    ]);
  });

  it('throws nothing but that for any bytes', () => {
    const whole = Buffer.concat([
      ...[
        blocks.section(),
        blocks.interface(1, 0, resolution(9)),
        blocks.packet(0, 7n, FRAME, blocks.option(1, FRAME)),
      ],
      ...[
        blocks.block(3, blocks.u32(5), FRAME),
        blocks.block(5, blocks.u32(0, 0, 0), blocks.option(5, blocks.u64(1n))),
      ],
      blocks.packet(0, 78n, FRAME),
    ]);
    const anyDamage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(anyDamage, fc.integer({ min: 1, max: 300 }), fc.nat(whole.length), (damage, size, cut) => {
        const capture = Buffer.from(whole);
        for (const [at, value] of damage) capture[at] = value;
        try {
          const { facts } = readPieces(capture.subarray(0, cut), size);
          expect(facts.wholeBytes).toBeLessThanOrEqual(cut);
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('reads sections of either byte order in one file', () => {
  const capture = Buffer.concat(
    ORDERS.flatMap((blocks) => [blocks.section(), blocks.interface(1), blocks.packet(0, 3n, FRAME)]),
  );
  expect(readPieces(capture).frames).toMatchObject([
    { number: 1, atUs: 3 },
    { number: 2, atUs: 3 },
  ]);
});
