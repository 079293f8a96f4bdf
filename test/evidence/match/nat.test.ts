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

it('names a NAT that keeps ports where they are free by that, however many are not', () => {
  const others = Array.from(
    { length: 90 },
    (_, index) => `203.0.113.1:${1_024 + ((index * 7_919) % 15_000)}`,
  );
  const given = (kept: number) => [
    ...others,
    ...Array.from({ length: kept }, (_, index) => `203.0.113.1:${40_000 - (90 + index) * 7}`),
  ];
  expect(describeNat(pairs(given(10)))).toMatchObject({ kind: 'port-preserving', portsKept: 10 });
  expect(describeNat(pairs(given(4)))).toMatchObject({ kind: 'random', portsKept: 4 });
});
