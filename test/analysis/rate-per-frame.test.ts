import { describe, expect, it } from 'vitest';
import { ratePerFrame } from '../../src/analysis/arm-summary.ts';
import { Tally } from '../../src/analysis/tally.ts';
import { fine, frameOf } from './parts.ts';

const second = (started: number, stalled: number) => ({ scheduled: started, started, unsent: 0, stalled });

describe('the stall rates of single seconds', () => {
  it('are spread as the seconds were', () => {
    const seconds = [
      ...Array.from({ length: 60 }, () => second(1_000, 0)),
      ...Array.from({ length: 38 }, () => second(1_000, 10)),
      second(1_000, 250),
      second(1_000, 300),
    ];
    expect(ratePerFrame(seconds)).toEqual({ p50: 0, p99: 0.25, max: 0.3 });
  });

  it('have the middle one as their median, the lower of two', () => {
    const seconds = [second(10, 2), second(10, 0), second(10, 1)];
    expect(ratePerFrame(seconds)).toEqual({ p50: 0.1, p99: 0.2, max: 0.2 });
    expect(ratePerFrame([...seconds, second(10, 3)])).toEqual({ p50: 0.1, p99: 0.3, max: 0.3 });
  });

  it('are exact to one in 100,000, up to all of them', () => {
    expect(ratePerFrame([second(100_000, 1)])).toEqual({ p50: 0.00001, p99: 0.00001, max: 0.00001 });
    expect(ratePerFrame([second(100_000, 54_321)]).max).toBe(0.54321);
    expect(ratePerFrame([second(7, 7)])).toEqual({ p50: 1, p99: 1, max: 1 });
  });

  it('leave out seconds in which nothing started, and never exceed 1', () => {
    expect(ratePerFrame([second(0, 0), second(0, 3), second(10, 1)])).toMatchObject({ p50: 0.1, max: 0.1 });
    expect(ratePerFrame([second(2, 3)]).max).toBe(1);
    expect(ratePerFrame([second(0, 0)])).toEqual({ p50: 0, p99: 0, max: 0 });
  });

  it('are of the attempts that a second started, however late they turn out', () => {
    const tally = new Tally();
    tally.add(frameOf(0, { stress: fine(100) }));
    tally.add(frameOf(1, { stress: fine(100) }));
    // Ten seconds on, a tenth of what second 0 started times out; nothing of what the drain's second did.
    tally.add(frameOf(10, { stress: { frozen: 10, stalledBySecond: { '0': 10 } } }));
    const { bySecond } = tally.series('stress');
    expect(ratePerFrame(bySecond.values())).toEqual({ p50: 0, p99: 0.1, max: 0.1 });
  });
});
