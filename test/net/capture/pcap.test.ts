import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureReader } from '../../../src/net/capture/capture-reader.ts';
import { CaptureError } from '../../../src/net/capture/types.ts';
import { makePcap, type PcapMake } from '../../support/captures.ts';
import { hexOf, readPieces } from './blocks.ts';

const FRAMES = [Uint8Array.of(1, 2, 3), new Uint8Array(), Uint8Array.of(4, 5, 6, 7, 8)];

describe('reading a pcap', () => {
  const makes: readonly PcapMake[] = [false, true].flatMap((isBigEndian) =>
    [false, true].map((isNano) => ({ isBigEndian, isNano, linkType: 113 })),
  );

  it.each(makes)('understands it: big-endian $isBigEndian, nanoseconds $isNano', (make) => {
    const { frames, facts } = readPieces(makePcap(FRAMES, make));
    expect(frames.map(({ bytes }) => bytes)).toEqual(FRAMES.map(hexOf));
    expect(frames.map(({ number }) => number)).toEqual([1, 2, 3]);
    const times = make.isNano ? [0, 1_000_000.001, 2_000_000.002] : [0, 1_000_001, 2_000_002];
    expect(frames.map(({ atUs }) => atUs)).toEqual(times);
    expect(facts).toMatchObject({
      frames: 3,
      epochSec: 0,
      cut: 0,
      backwards: 0,
      dropped: undefined,
      wholeBytes: 80,
    });
    expect([...facts.linkTypes]).toEqual([[113, 3]]);
    expect([...facts.faults]).toEqual([]);
  });

  it('takes the link type without what is told beside it: that frames end with a checksum', () => {
    const capture = makePcap(FRAMES);
    capture.writeUInt32LE(0x2400_0001, 20);
    expect(readPieces(capture).frames[0]!.linkType).toBe(1);
  });

  it('counts frames that were cut, and frames earlier than the one before', () => {
    const capture = makePcap(FRAMES, { snapLength: 4 });
    // The second frame's second.
    capture.writeUInt32LE(9, 24 + 16 + 3);
    const { frames, facts } = readPieces(capture);
    expect(facts).toMatchObject({ cut: 1, backwards: 1, firstUs: 0, lastUs: 2_000_002 });
    expect(frames[2]).toMatchObject({ bytes: '04050607', wireBytes: 5 });
  });

  it('reads the same in pieces of any size', () => {
    const capture = makePcap(FRAMES);
    const whole = readPieces(capture);
    for (const size of [1, 2, 3, 7, 16, 23, 24, 25, 40]) expect(readPieces(capture, size)).toEqual(whole);
  });

  it('says how far a file that breaks off could be read', () => {
    const capture = makePcap(FRAMES);
    const { frames, facts } = readPieces(capture.subarray(0, capture.length - 2));
    expect(frames).toHaveLength(2);
    expect([...facts.faults]).toEqual(['breaks off after frame 2: 59 bytes could be read, 19 could not']);
    expect(facts.wholeBytes).toBe(59);
    expect(readPieces(capture.subarray(0, 24)).facts).toMatchObject({ frames: 0, faults: new Set() });
  });

  it('stops where it is damaged, and keeps what came before', () => {
    const capture = makePcap(FRAMES);
    capture.writeUInt32LE(300_000, 24 + 19 + 8);
    const { frames, facts } = readPieces(capture, 10);
    expect(frames).toHaveLength(1);
    expect([...facts.faults]).toEqual(['is damaged: frame 2 claims to have captured 300000 bytes']);
  });

  const header = 'd4c3b2a1020004000000000000000000ffff000001000000';
  it.each([
    ['', 'is empty'],
    ['a1b2', 'is not a capture: it has too few bytes'],
    ['00'.repeat(24), 'is not a capture: neither pcap nor pcapng'],
    [`34cdb2a1${'00'.repeat(20)}`, 'is a pcap of an old patched libpcap; rewrite it with editcap'],
    [`28b52ffd${'00'.repeat(20)}`, 'is compressed; unpack it with zstd first'],
    [`fd377a58${'00'.repeat(20)}`, 'is compressed; unpack it with xz first'],
    [
      `${header}0000000000000000ffffffff00000000`,
      'is damaged: frame 1 claims to have captured 4294967295 bytes',
    ],
  ])('refuses what is no capture: %j', (hex, message) => {
    expect(() => readPieces(Buffer.from(hex, 'hex'))).toThrow(new CaptureError(message));
  });

  it('throws nothing else for any bytes', () => {
    const anyDamage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 });
    const anyFrames = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        anyFrames,
        anyDamage,
        fc.integer({ min: 1, max: 200 }),
        fc.nat(400),
        (frames, damage, size, cut) => {
          const capture = makePcap(frames);
          for (const [at, value] of damage) capture[at % capture.length] = value;
          try {
            const { facts } = readPieces(capture.subarray(0, cut), size);
            expect(facts.wholeBytes).toBeLessThanOrEqual(cut);
          } catch (error) {
            expect(error).toBeInstanceOf(CaptureError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('lets through what its caller throws', () => {
    const reader = new CaptureReader(() => {
      throw new RangeError('enough');
    });
    expect(() => reader.push(makePcap(FRAMES))).toThrow(new RangeError('enough'));
  });
});
