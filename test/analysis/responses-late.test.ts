import { describe, expect, it } from 'vitest';
import type { RecordedTime } from '../../src/analysis/recorded-times.ts';
import { summariseLate } from '../../src/analysis/responses-late.ts';

const at = (ms: number, count: number): RecordedTime => ({ us: ms * 1_000, count });
const HANDSHAKES = [at(1, 460), at(2, 5)];

describe('responses that come as late as if a segment had been sent again', () => {
  it('are counted', () => {
    expect(summariseLate(HANDSHAKES, [at(3, 400), at(5, 45), at(206, 12), at(212, 8)], 10)).toMatchObject({
      responsesLate: { count: 20, measured: 465, rate: 20 / 465 },
    });
  });

  it.each([
    ['there are hardly any', [at(3, 461), at(206, 4)]],
    ['as many come just before', [at(3, 400), at(180, 30), at(206, 35)]],
    ['as many come just after', [at(3, 400), at(206, 35), at(245, 30)]],
    ['they come at another time', [at(3, 400), at(140, 65)]],
    ['the others are spread as widely', Array.from({ length: 60 }, (_, index) => at(3 + index * 4, 8))],
    ['there are no responses', []],
  ] as const)('are none where %s', (_, firstBytes) => {
    expect(summariseLate(HANDSHAKES, firstBytes, 10)).toEqual({});
  });

  it('are none where a few pauses of a machine make as many late', () => {
    const paused = [at(3, 400), at(112, 2), at(208, 1), at(212, 1), at(217, 7), at(235, 3)];
    expect(summariseLate(HANDSHAKES, paused, 34.8)).toEqual({});
  });

  it('are none where their handshakes were as late', () => {
    expect(summariseLate([at(1, 445), at(204, 20)], [at(3, 445), at(206, 20)], 10)).toEqual({});
  });
});
