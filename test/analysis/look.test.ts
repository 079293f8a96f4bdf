import { describe, expect, it } from 'vitest';
import { judgeLook } from '../../src/analysis/look.ts';
import { emptyCounts } from '../../src/metrics/counts.ts';
import type { Outcome } from '../../src/outcome/outcome.ts';
import { scenarioOf } from '../scenario/support.ts';

const ARMS = scenarioOf(`  traffic: { timeouts: { response: 5s }, load: [{ hold: { rate: 20, for: 10 } }] }
  control: { via: tcp, load: [{ hold: { rate: 1, for: 10 } }] }
`).arms;

/** Ten seconds of 20 attempts, of which some ended otherwise in all; median answers in milliseconds by second. */
function look(outcomes: Partial<Record<Outcome, number>>, medians: readonly number[] = [], arm = 'traffic') {
  const others = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const statuses = {
    200: 200 - others,
    ...('unexpected-status' in outcomes && { 503: outcomes['unexpected-status'] }),
  };
  const counts = { ...emptyCounts(), started: 200, completed: 200 - others, outcomes, statuses };
  const seconds = Array.from({ length: 10 }, (_, index) => ({
    series: index === 0 ? { [arm]: counts } : {},
    totalUs: new Map(medians[index] === undefined ? [] : [[arm, medians[index] * 1_000]]),
  }));
  return judgeLook(ARMS, seconds);
}

describe('a look', () => {
  it('finds nothing where answers come as they should', () => {
    expect(look({}, [3, 2, 3, 2, 3, 40, 3, 2, 3, 2])).toEqual({ attempts: 200, completed: 200, signs: [] });
  });

  it.each([
    [{ 'response-timeout': 37 }, '37 of 200 requests of arm traffic had no complete answer within 5 s'],
    [{ 'response-reset': 2 }, '2 of 200 requests of arm traffic were reset or closed'],
    [{ 'response-empty': 3, 'tunnel-closed': 1 }, '4 of 200 requests of arm traffic were reset or closed'],
    [{ 'unexpected-status': 9 }, '9 of 200 requests of arm traffic got an unexpected status: 503'],
  ] as const)('finds %j', (outcomes, sign) => {
    expect(look(outcomes).signs).toEqual([expect.stringContaining(sign)]);
  });

  it.each([
    [{ 'response-timeout': 1 }],
    [{ 'handshake-timeout': 50, 'handshake-reset': 20 }],
    [{ 'unsent-late': 90 }],
  ] as const)('leaves %j to the run', (outcomes) => {
    expect(look(outcomes).signs).toEqual([]);
  });

  it('finds answers that take ever longer', () => {
    expect(look({}, [20, 30, 20, 300, 600, 900, 1_200, 1_500, 1_800, 2_100]).signs).toEqual([
      'responses of arm traffic took 20 ms at first and 1800 ms at the end',
    ]);
  });

  it.each([
    [[2, 2, 2, 5, 9, 9, 9, 9, 9, 9]],
    [[500, 600, 500, 600, 500, 900, 900, 900, 900, 900]],
    [[2, 900]],
    [[]],
  ])('finds no growth in %j', (medians) => {
    expect(look({}, medians).signs).toEqual([]);
  });

  it('does not judge an arm that asks for nothing', () => {
    expect(look({ 'response-timeout': 90 }, [1, 1, 1, 9_000, 9_000, 9_000], 'control').signs).toEqual([]);
  });
});
