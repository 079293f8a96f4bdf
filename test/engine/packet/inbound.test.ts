import { describe, expect, it } from 'vitest';
import { Inbound } from '../../../src/engine/packet/inbound.ts';
import { createRandomBelow } from '../../../src/random.ts';

function tcp(
  options: readonly number[],
  payload: readonly number[] = [],
  headerWords = 5 + options.length / 4,
) {
  const fixed = [0, 80, 4, 0, 0xff, 0, 0, 1, 0x80, 0, 0, 2, headerWords << 4, 0x12, 0x20, 0, 0, 0, 0, 0];
  return Uint8Array.from([...fixed, ...options, ...payload]);
}

describe('a segment', () => {
  it('is read with its options and payload, its numbers as signed words', () => {
    const inbound = new Inbound();
    const options = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0xff, 0xff, 0xff, 0xfe, 1, 3, 3, 7];
    const bytes = tcp(options, [65, 66]);
    expect(inbound.read(bytes, 0, bytes.length)).toBe(true);
    expect(inbound).toMatchObject({ seq: -16_777_215, ack: -2_147_483_646, flags: 0x12, window: 8_192 });
    expect(inbound).toMatchObject({ mss: 1_460, hasSack: true, windowShift: 7, hasStamps: true });
    expect(inbound).toMatchObject({ stamp: 9, echo: -2, from: 40, to: 42 });
  });

  it('leaves nothing behind for the next', () => {
    const inbound = new Inbound();
    const full = tcp([2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 1, 1, 3, 3, 7]);
    inbound.read(full, 0, full.length);
    const bare = tcp([]);
    inbound.read(bare, 0, bare.length);
    expect(inbound).toMatchObject({ mss: 0, hasSack: false, windowShift: -1, hasStamps: false });
  });

  it.each([
    ['no whole header', tcp([]).subarray(0, 19)],
    ['a header shorter than one', tcp([], [], 4)],
    ['a header longer than the packet', tcp([], [], 15)],
  ])('is refused with %s', (_what, bytes) => {
    expect(new Inbound().read(bytes, 0, bytes.length)).toBe(false);
  });

  it.each([
    ['of length 0', [2, 0, 5, 180]],
    ['of length 1', [2, 1, 5, 180]],
    ['longer than the header', [2, 40, 5, 180]],
    ['cut after its kind', [1, 1, 1, 2]],
  ])('has no more options after one %s', (_what, options) => {
    const bytes = tcp(options);
    const inbound = new Inbound();
    expect(inbound.read(bytes, 0, bytes.length)).toBe(true);
    expect(inbound.mss).toBe(0);
  });

  it('offers at most the shift that there is: 14', () => {
    const bytes = tcp([1, 3, 3, 200]);
    const inbound = new Inbound();
    inbound.read(bytes, 0, bytes.length);
    expect(inbound.windowShift).toBe(14);
  });

  it('that was cut off has lost its FIN: the bytes before it are still to come', () => {
    const bytes = tcp([], [65]);
    bytes[13] = 0x19;
    const inbound = new Inbound();
    inbound.read(bytes, 0, bytes.length);
    inbound.cutOff();
    expect(inbound.flags).toBe(0x18);
  });

  it('of random bytes never leads beyond its end', () => {
    const below = createRandomBelow(6);
    const inbound = new Inbound();
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Uint8Array.from({ length: below(80) }, () => below(256));
      if (!inbound.read(bytes, 0, bytes.length)) continue;
      expect(inbound.from).toBeGreaterThanOrEqual(20);
      expect(inbound.from).toBeLessThanOrEqual(inbound.to);
      expect(inbound.to).toBe(bytes.length);
    }
  });
});
