import { expect, it } from 'vitest';
import { describeNat } from '../../../src/evidence/match/nat.ts';
import type { Pair } from '../../../src/evidence/match/types.ts';
import { trackOne } from '../handshakes/track.ts';
import { frameOf } from '../wire.ts';

/** A handshake from each of these external addresses and ports, one after the other. */
function pairs(external: readonly string[]): Pair[] {
  return external.map((from, index) => {
    const syn = { to: '192.0.2.9:3128', atMs: index, flags: 'S', seq: index };
    const near = trackOne([frameOf({ ...syn, from: `10.0.0.1:${40_000 - index * 7}` })]);
    return { near, far: trackOne([frameOf({ ...syn, from })]), by: 'isn' };
  });
}

const inTurn = (count: number, address: string, first: number): string[] =>
  Array.from({ length: count }, (_, index) => `${address}:${first + index}`);

it('takes ten pairs to name how a NAT chooses ports', () => {
  expect(describeNat(pairs(inTurn(9, '203.0.113.1', 5_000))).kind).toBe('unknown');
  expect(describeNat(pairs(inTurn(10, '203.0.113.1', 5_000))).kind).toBe('sequential');
});

it('follows each external address by itself', () => {
  const high = inTurn(10, '203.0.113.1', 60_000);
  const alternating = inTurn(10, '203.0.113.2', 5_000).flatMap((low, index) => [low, high[index]!]);
  expect(describeNat(pairs(alternating)).kind).toBe('sequential');
});

it('says that ports are kept only if those of healthy handshakes are, however few these are beside the stalled', () => {
  const healthy = pairs(inTurn(10, '203.0.113.1', 50_000));
  const stalled = Array.from({ length: 200 }, (_, index): Pair => {
    const port = 20_000 + ((index * 77) % 200);
    const syn = { from: `10.0.0.1:${port}`, to: '192.0.2.9:3128', flags: 'S' as const, seq: index };
    const near = trackOne([frameOf({ ...syn, atMs: 0 }), frameOf({ ...syn, atMs: 1_000 })]);
    return {
      near,
      far: trackOne([frameOf({ ...syn, from: `203.0.113.1:${port}`, atMs: 0 })]),
      by: 'isn',
    };
  });
  expect(describeNat(stalled)).toMatchObject({ kind: 'port-preserving', portsKept: 200 });
  expect(describeNat([...stalled, ...healthy])).toMatchObject({ kind: 'random', portsKept: 200 });
});
