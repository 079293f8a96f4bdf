import { describe, expect, it } from 'vitest';
import { parseFailIf } from '../../../src/analysis/trend/fail-if.ts';
import { judgeFailIf } from '../../../src/analysis/trend/judge-fail-if.ts';
import { judgeTrend } from '../../../src/analysis/trend/trend.ts';
import { simulateNights } from './simulated-nights.ts';

const options = { timeZone: 'UTC', weekdays: false, notes: [] };
const worse = judgeTrend(
  simulateNights(20, 1, {}, (index) => (index < 10 ? 1 : 4)),
  options,
);
const few = judgeTrend(simulateNights(5, 1), options);

const judge = (text: string, trend = worse) => judgeFailIf(trend, [parseFailIf(text)]);

describe('--fail-if of a trend', () => {
  it.each([
    ['stress.stalled.rate changed', true],
    ['stress.stalled.rate worse', true],
    ['*.stalled.rate worse', true],
    ['stress.stalled.rate better', false],
    ['stress.stalled.rate drifted', false],
    ['stress.stalled.rate not changed', false],
    ['stress.handshakeUs.p50 changed', false],
    ['stress.outcomes.response-reset worse', false],
    ['stress.stalled.rate > 0.1%', true],
    ['stress.stalled.rate > 0.001', true],
    ['stress.stalled.rate > 90%', false],
    ['stress.handshakeUs.p50 > 10us', true],
    ['stress.achievedPerSec < 100/s', false],
    ['stress.outcomes.response-reset > 0.1%', false],
  ])('%s: %s', (text, held) => {
    const { failIf, verdict } = judge(text);
    expect(failIf[0]).toMatchObject({ text, held });
    expect(verdict).toBe(held ? 'fail' : 'pass');
  });

  it('cannot tell of a change with few nights, but of the last night it can', () => {
    expect(judge('stress.stalled.rate worse', few)).toMatchObject({
      verdict: 'cannot-tell',
      failIf: [{ held: null }],
    });
    expect(judge('stress.stalled.rate > 0.01%', few)).toMatchObject({
      verdict: 'fail',
      failIf: [{ held: true }],
    });
  });

  it('says where the interval of the night includes the bound', () => {
    const value = worse.nights.at(-1)?.arms['stress']?.figures['stalled.rate']?.value ?? 0;
    const { failIf } = judge(`stress.stalled.rate > ${(value * 100 - 0.001).toFixed(6)}%`);
    expect(failIf[0]).toMatchObject({ held: true });
    expect(failIf[0]?.note).toMatch(/^stress: .* \(close: its 95 % interval, .* includes the bound\)$/);
    expect(judge('stress.stalled.rate > 90%').failIf[0]?.note).not.toContain('close');
  });

  it('refuses what is no condition, no line or no bound of the figure', () => {
    for (const text of ['nonsense', 'stress.stalled.rate > lots', 'stress.stalled.rate slower']) {
      expect(() => parseFailIf(text)).toThrow(/ is not a (condition|bound)/);
    }
    expect(() => judge('stress.nothing worse')).toThrow('there is no such line');
    expect(() => judge('stress.stalled.rate > 50ms')).toThrow('not a bound for stalled.rate');
    expect(() => judge('stress.handshakeUs.p50 > 5')).toThrow('not a bound for handshakeUs.p50');
  });
});
