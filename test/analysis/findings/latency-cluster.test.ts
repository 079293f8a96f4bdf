import { describe, expect, it } from 'vitest';
import { findLatencyClusters } from '../../../src/analysis/findings/latency-cluster.ts';
import { armOf, histogramOf, sec } from '../parts.ts';

const MS = 1_000;

/** So many times, evenly from one to another, in microseconds. */
function spread(count: number, fromUs: number, toUs: number): number[] {
  return Array.from({ length: count }, (_, index) => fromUs + ((toUs - fromUs) * index) / count);
}

interface Times {
  readonly handshake?: readonly number[];
  readonly firstByte?: readonly number[];
  readonly total?: readonly number[];
}

const QUICK = spread(1_000, 0.2 * MS, 0.6 * MS);

function clustersIn(byArm: Readonly<Record<string, Times>>) {
  const arms = Object.keys(byArm).map((name) => armOf({ name, via: 'direct' }));
  const histograms = new Map(
    Object.entries(byArm).flatMap(([name, times]) =>
      Object.entries(times).map(([what, us]) => [`${name}.${what}-service`, histogramOf(...us)] as const),
    ),
  );
  return findLatencyClusters(arms, histograms);
}

describe('latencies that cluster at a round number', () => {
  it('are found where a filter lets requests pass after 5 s, once and not again for the whole response', () => {
    const late = spread(50, sec(5) + 0.3 * MS, sec(5) + 8 * MS);
    const found = clustersIn({
      a: {
        handshake: spread(1_050, 0.05 * MS, 0.2 * MS),
        firstByte: [...QUICK, ...late],
        total: [...QUICK, ...late],
      },
    });
    expect(found).toMatchObject([
      { kind: 'latency-cluster', arm: 'a', confidence: 'medium', atSec: 5, count: 50 },
    ]);
    expect(found[0]?.text).toMatch(/^50 of 1050 first bytes came 5 s late/);
  });

  it('are surer where another arm shows the same', () => {
    const times = { handshake: QUICK, firstByte: [...QUICK, ...spread(30, sec(15), sec(15) + 9 * MS)] };
    expect(clustersIn({ a: times, b: times }).map(({ arm, confidence }) => [arm, confidence])).toEqual([
      ['a', 'high'],
      ['b', 'high'],
    ]);
  });

  it('are found where several arms have a part of them each, and not where all of them have few', () => {
    const times = (count: number, at = 5) => ({
      handshake: QUICK,
      firstByte: [...QUICK, ...spread(count, sec(at), sec(at) + 9 * MS)],
    });
    const found = clustersIn({ a: times(6), b: times(3), c: times(2), d: times(1) });
    expect(found.map(({ arm, count, confidence }) => [arm, count, confidence])).toEqual([
      ['a', 6, 'high'],
      ['b', 3, 'high'],
      ['c', 2, 'high'],
    ]);
    expect(clustersIn({ a: times(5), b: times(3) })).toEqual([]);
    // What is lost is sent again in every arm, at such times.
    expect(clustersIn({ a: times(6, 3), b: times(6, 3) })).toEqual([]);
  });

  it('are found in what follows the first byte', () => {
    const total = [...QUICK, ...spread(20, sec(45), sec(45) + 20 * MS)];
    expect(
      clustersIn({ a: { handshake: QUICK, firstByte: [...QUICK, ...QUICK.slice(0, 20)], total } }),
    ).toMatchObject([{ atSec: 45, count: 20, text: expect.stringContaining('20 of 1020 responses') }]);
  });

  it('are found on a long path, whose usual time is added', () => {
    const usual = spread(1_000, 160 * MS, 180 * MS);
    const firstByte = [...usual, ...spread(40, sec(5) + 160 * MS, sec(5) + 180 * MS)];
    expect(clustersIn({ a: { handshake: spread(1_040, 80 * MS, 84 * MS), firstByte } })).toMatchObject([
      { atSec: 5, count: 40 },
    ]);
  });

  it('are not the steps at which a SYN is sent again: those handshakes are stalls', () => {
    const steps = [1, 2, 3, 4, 5, 7].flatMap((at) => spread(50, sec(at) + 20 * MS, sec(at) + 30 * MS));
    const handshake = [...QUICK, ...steps];
    const later = handshake.map((us) => us + 2 * MS);
    expect(clustersIn({ a: { handshake, firstByte: later, total: later } })).toEqual([]);
    // An arm that only connects: its total is its handshake.
    expect(clustersIn({ a: { handshake, total: handshake } })).toEqual([]);
  });

  it('are told apart from stalls at the same time', () => {
    const handshake = [...QUICK, ...spread(50, sec(5) + 20 * MS, sec(5) + 30 * MS)];
    const firstByte = [...handshake.map((us) => us + MS), ...spread(40, sec(5) + MS, sec(5) + 5 * MS)];
    expect(clustersIn({ a: { handshake: [...handshake, ...QUICK.slice(0, 40)], firstByte } })).toMatchObject([
      { atSec: 5, count: 40 },
    ]);
  });

  it('are not seen in times that spread over many seconds, nor in a few, nor at no round number', () => {
    expect(
      clustersIn({ a: { handshake: QUICK, firstByte: [...QUICK, ...spread(3_000, sec(0.5), sec(9))] } }),
    ).toEqual([]);
    expect(
      clustersIn({ a: { handshake: QUICK, firstByte: [...QUICK, ...spread(9, sec(5), sec(5.01))] } }),
    ).toEqual([]);
    expect(
      clustersIn({ a: { handshake: QUICK, firstByte: [...QUICK, ...spread(90, sec(4.6), sec(4.62))] } }),
    ).toEqual([]);
    expect(clustersIn({ a: {} })).toEqual([]);
  });

  it('are doubtful at 1 s and 3 s, where TCP sends segments again', () => {
    const late = (at: number) => ({
      handshake: QUICK,
      firstByte: [...QUICK, ...spread(50, sec(at), sec(at) + 5 * MS)],
    });
    expect(clustersIn({ a: late(1) })).toMatchObject([{ atSec: 1, confidence: 'low' }]);
    expect(clustersIn({ a: late(3) })).toMatchObject([{ atSec: 3, confidence: 'low' }]);
  });
});
