import { describe, expect, it } from 'vitest';
import { judgeCriterion } from '../../src/analysis/criteria.ts';
import type { ArmSummary } from '../../src/analysis/types.ts';
import { parseCriterion } from '../../src/scenario/criteria.ts';
import { NOTHING, quantiles } from '../render/fixtures.ts';
import { summaryOf } from './parts.ts';

const judge = (text: string, arms: Record<string, ArmSummary>) => {
  const { value, held } = judgeCriterion(parseCriterion(text), arms);
  return { value, held };
};
const judgeOne = (text: string, figures: Parameters<typeof summaryOf>[0]) =>
  judge(text, { stress: summaryOf(figures) });

describe('holding a criterion against the figures', () => {
  it.each([
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
    ['==', [false, true, false]],
    ['!=', [true, false, true]],
  ])('knows %s', (operator, expected) => {
    const held = [6, 7, 8].map((unsent) => judgeOne(`stress.unsent ${operator} 7`, { unsent }).held);
    expect(held).toEqual(expected);
  });

  it('keeps its text and shows the value', () => {
    const criterion = parseCriterion('stress.stalled.rate < 0.1%');
    expect(judgeCriterion(criterion, { stress: summaryOf({ stalled: { rate: 0.002 } }) })).toEqual({
      text: 'stress.stalled.rate < 0.1%',
      value: 0.002,
      held: false,
    });
  });

  it('compares times in microseconds', () => {
    expect(judgeOne('stress.handshakeUs.p99 < 50ms', { handshakeUs: quantiles(12_499) })).toEqual({
      value: 49_996,
      held: true,
    });
    expect(judgeOne('stress.handshakeUs.p99 < 50ms', { handshakeUs: quantiles(12_500) }).held).toBe(false);
    const service = { handshakeUs: NOTHING, firstByteUs: quantiles(700), totalUs: NOTHING };
    expect(judgeOne('stress.service.firstByteUs.p50 <= 700us', { service })).toEqual({
      value: 700,
      held: true,
    });
  });

  it('reaches into an interval by index', () => {
    const stalled = { ci95: [0.001, 0.004] as [number, number] };
    expect(judgeOne('stress.stalled.ci95.1 < 0.5%', { stalled })).toEqual({ value: 0.004, held: true });
    expect(judgeOne('stress.stalled.ci95.0 > 0.2%', { stalled })).toEqual({ value: 0.001, held: false });
  });

  it('takes a status that never came for 0', () => {
    const figures = { statuses: { '200': 5, '503': 2 }, tunnelStatuses: {}, cuts: { RST: 1 } };
    expect(judgeOne('stress.statuses.503 == 0', figures)).toEqual({ value: 2, held: false });
    expect(judgeOne('stress.statuses.502 == 0', figures)).toEqual({ value: 0, held: true });
    expect(judgeOne('stress.cuts.RST == 0', figures)).toEqual({ value: 1, held: false });
    expect(judgeOne('stress.cuts.silence == 0', figures)).toEqual({ value: 0, held: true });
    expect(judgeOne('stress.statuses.other == 0', figures)).toEqual({ value: 0, held: true });
    expect(judgeOne('stress.tunnelStatuses.403 == 0', figures)).toEqual({ value: 0, held: true });
  });

  it('takes an outcome or a number of retransmissions that never came for 0', () => {
    expect(judgeOne('stress.outcomes.response-reset == 0', { outcomes: { ok: 5 } })).toEqual({
      value: 0,
      held: true,
    });
    expect(judgeOne('stress.outcomes.response-reset == 0', { outcomes: { 'response-reset': 2 } })).toEqual({
      value: 2,
      held: false,
    });
    expect(judgeOne('stress.synRetransmits.2 == 0', { synRetransmits: { '0': 5 } }).held).toBe(true);
  });

  it('takes what ramps did for 0 where an arm has none', () => {
    expect(judgeOne('stress.ramp.stalled == 0', {})).toEqual({ value: 0, held: true });
    const ramp = { scheduled: 9, started: 9, unsent: 0, established: 9, completed: 9, stalled: 3 };
    expect(judgeOne('stress.ramp.stalled == 0', { ramp })).toEqual({ value: 3, held: false });
  });

  it('cannot tell by a quantile of nothing, but by its count', () => {
    expect(judgeOne('stress.firstByteUs.p99 < 50ms', { firstByteUs: NOTHING })).toEqual({
      value: null,
      held: null,
    });
    expect(judgeOne('stress.firstByteUs.count == 0', { firstByteUs: NOTHING })).toEqual({
      value: 0,
      held: true,
    });
  });

  it('cannot tell by a share of nothing either', () => {
    const figures = { scheduled: 0, started: 0, stalled: { rate: 0 }, completedShare: 0 };
    for (const figure of [
      'stalled.rate',
      'stalled.ci95.1',
      'stalled.ratePerFrame.p99',
      'completedShare',
    ] as const) {
      expect(judgeOne(`stress.${figure} < 1%`, figures)).toEqual({ value: null, held: null });
    }
    expect(judgeOne('stress.stalled.count == 0', figures).held).toBe(true);
  });
});

describe('a criterion for every arm', () => {
  const arms = (...unsent: number[]) =>
    Object.fromEntries(unsent.map((count, index) => [`arm${index}`, summaryOf({ unsent: count })]));

  it('holds where it holds for each, and shows the last value', () => {
    expect(judge('*.unsent < 10', arms(1, 2, 3))).toEqual({ value: 3, held: true });
  });

  it('fails where it fails for one, and shows that value', () => {
    expect(judge('*.unsent < 10', arms(1, 12, 11, 3))).toEqual({ value: 12, held: false });
  });

  it('fails where one fails though another cannot be told', () => {
    const timed = {
      unknown: summaryOf({ totalUs: NOTHING }),
      bad: summaryOf({ totalUs: quantiles(50_000) }),
    };
    expect(judge('*.totalUs.p50 < 1ms', timed)).toEqual({ value: 50_000, held: false });
  });

  it('cannot be told where one cannot and the others hold', () => {
    const timed = { good: summaryOf({ totalUs: quantiles(10) }), unknown: summaryOf({ totalUs: NOTHING }) };
    expect(judge('*.totalUs.p50 < 1ms', timed)).toEqual({ value: null, held: null });
  });
});
