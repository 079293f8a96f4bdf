import { describe, expect, it } from 'vitest';
import { summariseArm } from '../../../src/analysis/arm-summary.ts';
import { judgeCriterion } from '../../../src/analysis/criteria.ts';
import { findRequestsResent } from '../../../src/analysis/findings/requests-resent.ts';
import { Tally } from '../../../src/analysis/tally.ts';
import type { ArmSummary } from '../../../src/analysis/types.ts';
import { parseCriterion } from '../../../src/scenario/criteria.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf, frameOf } from '../parts.ts';

/** An arm of a thousand attempts, by how many of its requests were sent again how often. */
function armWith(requestRetransmits: Record<string, number>): ArmSummary {
  const tally = new Tally();
  tally.add(frameOf(0, { stress: { scheduled: 1_000, started: 1_000, requestRetransmits } }));
  return summariseArm(armOf(), tally, new Map(), 1, undefined, false);
}

const textOf = (requestRetransmits: Record<string, number>, arm: Partial<Arm> = {}): string | undefined =>
  findRequestsResent(armOf(arm), armWith(requestRetransmits))[0]?.text;

describe('requests that were sent again', () => {
  it('are told with their share, whatever the number of times', () => {
    expect(textOf({ '0': 949, '1': 50, '3': 1 })).toBe(
      '5.1 % of requests (51 of 1000) were retransmitted after the handshake: between 3.9 % and 6.6 % with 95 % confidence',
    );
  });

  it('are connections of browsers, which carry many requests each', () => {
    const load = { kind: 'browsers' } as Arm['load'];
    expect(textOf({ '0': 90, '1': 10 }, { load })).toMatch(
      /^10 % of connections \(10 of 100\) retransmitted a request/,
    );
  });

  it('are no finding where chance brings as many, or where nothing was measured', () => {
    expect(textOf({ '0': 98, '1': 2 })).toBeUndefined();
    expect(textOf({ '0': 9_991, '1': 9 })).toBeUndefined();
    expect(textOf({})).toBeUndefined();
  });

  it('have a rate that criteria can be held against, if it was measured', () => {
    const judged = (text: string, counts: Record<string, number>) => {
      const { value, held } = judgeCriterion(parseCriterion(text), { stress: armWith(counts) });
      return [value, held];
    };
    expect(judged('stress.requestsResent.rate < 1%', { '0': 949, '1': 51 })).toEqual([0.051, false]);
    expect(judged('stress.requestRetransmits.2 == 0', { '0': 949, '1': 51 })).toEqual([0, true]);
    expect(judged('stress.requestsResent.rate < 1%', {})).toEqual([null, null]);
    expect(judged('stress.requestRetransmits.2 == 0', {})).toEqual([null, null]);
    expect(armWith({})).not.toHaveProperty('requestsResent');
  });
});
