import { describe, expect, it } from 'vitest';
import { findLongPath } from '../../src/analysis/long-path.ts';
import { quantiles } from '../render/fixtures.ts';
import { armOf, summaryOf } from './parts.ts';

const times = (us: number) => ({ ...quantiles(us), min: us });

const told = (recovered: number, handshakeUs: number, rttUs?: number) =>
  findLongPath(
    armOf(),
    summaryOf({
      ...{ established: 10, stalled: { count: recovered, rate: 1, ci95: [0, 1], recovered, frozen: 0 } },
      service: { handshakeUs: times(handshakeUs), firstByteUs: times(1), totalUs: times(1) },
      ...(rttUs === undefined ? {} : { rttUs: times(rttUs) }),
    } as object),
  );

describe('a path so long that SYNs are sent again', () => {
  it('is doubted where no round trip was ever shorter', () => {
    expect(told(10, 1_300_000, 1_299_000)).toEqual([
      expect.stringMatching(/^stress: cannot tell a long path from lost SYNs: every round trip took 1\.3 s/),
    ]);
  });

  it('is doubted where nothing tells its round trip', () => {
    expect(told(10, 1_300_000)).toEqual([expect.stringContaining('without TCP timestamps')]);
  });

  it('is a loss of SYNs where the answer to the second came at once', () => {
    expect(told(10, 1_020_000, 20_000)).toEqual([]);
  });

  it('is short where a single handshake was prompt', () => {
    expect(told(9, 300, undefined)).toEqual([]);
    expect(told(0, 1_300_000)).toEqual([]);
  });
});
