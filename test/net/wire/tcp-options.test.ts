import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTcpOptions, readTcpOptions, type TcpOptions } from '../../../src/net/wire/tcp-options.ts';

function read(hex: string): { options: TcpOptions; areWellFormed: boolean } {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const options = createTcpOptions();
  return { options, areWellFormed: readTcpOptions(options, bytes, 0, bytes.length) };
}

describe('TCP options', () => {
  it.each<[string, string, Partial<TcpOptions>]>([
    ['maximum segment size', '020405b4', { kinds: '2', mss: 1_460 }],
    ['window scale', '030307', { kinds: '3', windowScale: 7 }],
    ['SACK permitted', '0402', { kinds: '4', sackPermitted: true }],
    [
      'timestamps',
      '0101 080a fffffffe 00000001',
      { kinds: '1,1,8', timestamp: 0xffff_fffe, timestampEcho: 1 },
    ],
    ['a request for a Fast Open cookie', '2202', { kinds: '34', fastOpenAt: 2, fastOpenBytes: 0 }],
    ['a Fast Open cookie', '01 2206 01020304', { kinds: '1,34', fastOpenAt: 3, fastOpenBytes: 4 }],
    ['no counters of accurate ECN', 'ac02', { kinds: '172', accEcn: true, ect0Bytes: -1, ceBytes: -1 }],
    ['one counter, the first order', 'ac05 fffffe', { accEcn: true, ect0Bytes: 0xff_fffe, ceBytes: -1 }],
    [
      'one counter, the second order',
      'ae05 000102',
      { accEcn: true, ect1Bytes: 258, ect0Bytes: -1, ceBytes: -1 },
    ],
    ['three counters', 'ac0b 000001 000002 000003', { ect0Bytes: 1, ceBytes: 2, ect1Bytes: 3 }],
    [
      'three counters, the second order',
      'ae0b 000001 000002 000003',
      { ect0Bytes: 3, ceBytes: 2, ect1Bytes: 1 },
    ],
    ['an unknown one', 'fd04 0102 0402', { kinds: '253,4', sackPermitted: true }],
    ['the last of two', '020405b4 02040218', { kinds: '2,2', mss: 536 }],
    ['nothing behind an end', '0402 00 020405b4', { kinds: '4', mss: -1 }],
    ['nothing', '', { kinds: '', mss: -1, sackBlocks: -1 }],
  ])('are read: %s', (_, hex, expected) => {
    const { options, areWellFormed } = read(hex);
    expect(options).toMatchObject(expected);
    expect(areWellFormed).toBe(true);
  });

  it('are read: selective acknowledgements, up to four', () => {
    const { options } = read('0522 00000001 00000002 00000003 00000004 00000005 00000006 fffffffe ffffffff');
    expect(options.sackBlocks).toBe(4);
    expect([...options.sackEdges]).toEqual([1, 2, 3, 4, 5, 6, 0xffff_fffe, 0xffff_ffff]);
  });

  it.each<[string, string, Partial<TcpOptions>]>([
    ['a length of 0 ends the reading', '0402 0300 020405b4', { kinds: '4', mss: -1 }],
    ['a length of 1 ends the reading', '0402 0301 020405b4', { kinds: '4', mss: -1 }],
    ['a length beyond the end ends the reading', '0402 020505b4', { kinds: '4', mss: -1 }],
    ['a kind without a length ends the reading', '0402 02', { kinds: '4' }],
    [
      'a known kind of a wrong length is skipped',
      '020305 0402',
      { kinds: '2,4', mss: -1, sackPermitted: true },
    ],
    [
      'an acknowledgement of half a block is skipped',
      '0506 00000001 0402',
      { sackBlocks: -1, sackPermitted: true },
    ],
    ['an acknowledgement of nothing is skipped', '0502 0402', { sackBlocks: -1, sackPermitted: true }],
    ['timestamps of half the length are skipped', '0806 00000001', { timestamp: -1 }],
    ['a cookie of odd length is skipped', '2207 0102030405', { fastOpenAt: -1 }],
    ['a cookie too short is skipped', '2204 0102', { fastOpenAt: -1 }],
    ['half a counter is skipped', 'ac04 0102', { accEcn: false }],
    ['a window scale with two bytes is skipped', '0304 0708', { windowScale: -1 }],
  ])('are malformed: %s', (_, hex, expected) => {
    const { options, areWellFormed } = read(hex);
    expect(options).toMatchObject(expected);
    expect(areWellFormed).toBe(false);
  });

  it('are read of any bytes, and none behind their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 20 }), (bytes, behind) => {
        const [alone, among] = [createTcpOptions(), createTcpOptions()];
        const areWellFormed = readTcpOptions(alone, bytes, 0, bytes.length);
        expect(readTcpOptions(among, Uint8Array.of(...bytes, ...behind), 0, bytes.length)).toBe(
          areWellFormed,
        );
        expect(among).toEqual(alone);
      }),
    );
  });

  it('forget what the last segment had', () => {
    const options = createTcpOptions();
    readTcpOptions(options, Buffer.from('020405b4050a00000001000000022202', 'hex'), 0, 16);
    readTcpOptions(options, new Uint8Array(), 0, 0);
    expect(options).toMatchObject({ mss: -1, sackBlocks: -1, fastOpenAt: -1, kinds: '' });
  });
});
