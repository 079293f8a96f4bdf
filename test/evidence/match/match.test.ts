import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { createRandom } from '../../../src/random.ts';
import { track } from '../handshakes/track.ts';
import { type Framed, frameOf, type Sent, wholeConnection } from '../wire.ts';
import { matchAll } from './match-all.ts';

interface World {
  readonly seed: number;
  readonly nat: 'preserving' | 'sequential' | 'random' | 'pool';
  readonly keeps: 'isn' | 'timestamp' | 'neither';
  readonly aheadMs: number;
  readonly delayMs: number;
  readonly stalledShare: number;
  readonly lackedShare: number;
}

const COUNT = 200;
const NEAR_SERVER = '192.0.2.9:3128';

/**
 * Both sides' captures of the same connections. Each request has its number in the far and the near side's bytes alone, by
 * which the test knows what belongs together: number i comes from client port 20,000 + i, and goes to far host by a table.
 */
function simulate({ seed, nat, keeps, aheadMs, delayMs, stalledShare, lackedShare }: World) {
  const random = createRandom(seed);
  const [near, far]: [Framed[], Framed[]] = [[], []];
  const truth = new Map<string, number>();
  for (let index = 0; index < COUNT; index += 1) {
    const client = `10.0.0.${1 + (index % 2)}:${20_000 + index}`;
    const port =
      { preserving: 20_000, sequential: 1_024, random: 1_024 + Math.floor(random() * 30_000), pool: 9_000 }[
        nat
      ] + index;
    const outer = `203.0.113.${nat === 'pool' ? 1 + (index % 4) : 1}:${port}`;
    truth.set(outer, index);
    const [isn, stamp, startMs] = [word(random), word(random), index * 5 + random()];
    const farIsn = keeps === 'isn' ? isn : word(random);
    const farStamp = keeps === 'neither' ? word(random) : stamp;
    const farMs = startMs + aheadMs + delayMs * (1 + random() / 4);
    const syn = (from: string, atMs: number, seq: number, value: number): Sent => ({
      ...{ from, to: NEAR_SERVER, atMs, flags: 'S', seq },
      options: Uint8Array.of(
        2,
        4,
        5,
        0xb4,
        8,
        10,
        value >>> 24,
        value >>> 16,
        value >>> 8,
        value,
        0,
        0,
        0,
        0,
        1,
        1,
      ),
    });
    const [nearSyn, farSyn] = [
      (ms: number) => frameOf(syn(client, startMs + ms, isn, stamp)),
      (ms: number) => frameOf(syn(outer, farMs + ms, farIsn, farStamp)),
    ];
    if (random() < stalledShare) {
      near.push(...[0, 1_000].map(nearSyn));
      // What the firewall dropped never arrives.
      if (random() < 0.7) far.push(...[0, 1_000].map(farSyn));
      continue;
    }
    const rest = (from: string, at: number, first: number, rttMs: number) =>
      wholeConnection({
        client: from,
        server: NEAR_SERVER,
        startMs: at,
        isn: first,
        serverIsn: word(random),
        rttMs,
      }).slice(1);
    near.push(nearSyn(0), ...rest(client, startMs, isn, 3 * delayMs));
    far.push(farSyn(0), ...rest(outer, farMs, farIsn, delayMs / 2));
  }
  const order = (all: Framed[]) => all.filter(() => random() >= lackedShare).sort((a, b) => a.atUs - b.atUs);
  return { near: track(order(near)).seen, far: track(order(far)).seen, truth };
}

const word = (random: () => number) => Math.floor(random() * 2 ** 32);
const numberOf = ({ clientPort }: HandshakeSeen) => clientPort - 20_000;

const anyWorld = fc.record({
  seed: fc.integer(),
  nat: fc.constantFrom('preserving', 'sequential', 'random', 'pool'),
  keeps: fc.constantFrom('isn', 'timestamp', 'neither'),
  aheadMs: fc.integer({ min: -5_000, max: 5_000 }),
  delayMs: fc.integer({ min: 1, max: 40 }),
  stalledShare: fc.double({ min: 0, max: 0.6, noNaN: true }),
  lackedShare: fc.double({ min: 0, max: 0.05, noNaN: true }),
}) satisfies fc.Arbitrary<World>;

/** Handshakes, of which some lost the first copy of their SYN on the way to the far side, as a run keeps them: mostly those that stalled. */
function loseFirstCopies({ lost, whole }: { readonly lost: number; readonly whole: number }) {
  const [near, far]: [Framed[], Framed[]] = [[], []];
  for (let index = 0; index < lost + whole; index += 1) {
    const [client, isn, startMs] = [`10.0.0.1:${20_000 + index}`, 7_000_000 + index * 100_000, index * 20];
    const copies = index < lost ? [0, 1_000] : [0];
    const syn = (from: string, atMs: number): Framed =>
      frameOf({ from, to: NEAR_SERVER, atMs, flags: 'S', seq: isn });
    const rest = (from: string, atMs: number) =>
      wholeConnection({
        client: from,
        server: NEAR_SERVER,
        startMs: atMs,
        isn,
        serverIsn: 1,
        rttMs: 2,
      }).slice(1);
    const passedMs = startMs + copies.at(-1)!;
    near.push(...copies.map((ms) => syn(client, startMs + ms)), ...rest(client, passedMs));
    const outer = `203.0.113.1:${20_000 + index}`;
    far.push(syn(outer, passedMs + 300), ...rest(outer, passedMs + 300));
  }
  const seen = (all: Framed[]) => track(all.sort((a, b) => a.atUs - b.atUs)).seen;
  return { near: seen(near), far: seen(far) };
}

describe('handshakes of two captures', () => {
  it.each([
    ['most', { lost: 30, whole: 10 }],
    ['all', { lost: 30, whole: 0 }],
  ])('are put in time though %s lost the first copy of their SYN on the way', (_, which) => {
    const { near, far } = loseFirstCopies(which);
    const { pairs, clock } = matchAll(near, far);
    expect(pairs).toHaveLength(which.lost + which.whole);
    expect(clock!.arrivalUs(100_000) - 100_000).toBeGreaterThan(290_000);
    expect(clock!.arrivalUs(100_000) - 100_000).toBeLessThan(310_000);
  });

  it('are matched whatever the NAT does, and never wrong', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const { near, far, truth } = simulate(world);
        const { pairs } = matchAll(near, far);
        const known = (one: HandshakeSeen) => truth.get(`${one.client}:${one.clientPort}`);
        const wrong = pairs.filter((pair) => known(pair.far) !== numberOf(pair.near));
        expect(wrong).toEqual([]);
        if (world.keeps === 'neither') expect(pairs).toEqual([]);
        else {
          const there = new Set(far.filter(({ synCount }) => synCount > 0).map(known));
          const both = near.filter((one) => one.synCount > 0 && there.has(numberOf(one)));
          expect(pairs.length / both.length).toBeGreaterThanOrEqual(0.99);
        }
      }),
      { numRuns: 20, seed: 20_250_131 },
    );
  });

  it('tell how far the clocks are apart, to half a round trip', () => {
    const { near, far } = simulate({
      ...{ seed: 1, nat: 'random', keeps: 'isn', aheadMs: 3_000, delayMs: 10 },
      ...{ stalledShare: 0.1, lackedShare: 0.01 },
    });
    const { offset } = matchAll(near, far);
    expect(Math.abs(offset!.us - 3_000_000)).toBeLessThanOrEqual(offset!.uncertaintyUs);
    expect(offset!.uncertaintyUs).toBeLessThan(20_000);
  });

  it('are left alone where several have the same sequence number', () => {
    const same = (ports: readonly number[], address: string) =>
      track(
        ports.map((port) =>
          frameOf({
            from: `${address}:${port}`,
            to: NEAR_SERVER,
            atMs: port,
            flags: 'S',
            seq: 7,
            options: new Uint8Array(),
          }),
        ),
      ).seen;
    const { pairs, nearAlone, farAlone } = matchAll(
      same([1, 2, 3, 4], '10.0.0.1'),
      same([1, 2, 3, 4], '203.0.113.1'),
    );
    expect([pairs.length, nearAlone.length, farAlone]).toEqual([0, 4, 4]);
  });
});
