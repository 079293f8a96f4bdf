import { describe, expect, it } from 'vitest';
import { recordedTimes } from '../../src/analysis/recorded-times.ts';
import { countStallSteps } from '../../src/analysis/stall-steps.ts';
import { histogramOf, sec } from './parts.ts';

/** Linux since 6.5, and before. */
const LINEAR = [1, 2, 3, 4, 5, 7, 11, 19, 35];
const DOUBLING = [1, 3, 7, 15, 31];

const steps = (schedule: readonly number[], ...timesSec: number[]) =>
  countStallSteps(recordedTimes(histogramOf(...timesSec.map(sec))), schedule, 900_000, 300);

describe('the steps of stalls', () => {
  it('are the SYNs that were answered, each a little after it was sent', () => {
    expect(steps(LINEAR, 0.0003, 0.5, 1.03, 1.04, 2.06, 5.3, 7.2)).toEqual({
      steps: [
        { atSec: 1, count: 2 },
        { atSec: 2, count: 1 },
        { atSec: 5, count: 1 },
        { atSec: 7, count: 1 },
      ],
      between: 0,
    });
  });

  it("are those of this host's own schedule", () => {
    expect(steps(DOUBLING, 1.03, 2.06, 3.1)).toEqual({
      steps: [
        { atSec: 1, count: 1 },
        { atSec: 3, count: 1 },
      ],
      between: 1,
    });
  });

  it('hold no delays that fall anywhere', () => {
    expect(steps(DOUBLING, 1.6, 2.5, 5, 12)).toEqual({ steps: [], between: 4 });
  });

  it('leave out what was too quick for a stall, and allow for a long path', () => {
    expect(steps(LINEAR, 0.2, 0.8)).toEqual({ steps: [], between: 0 });
    const times = recordedTimes(histogramOf(sec(1.45)));
    expect(countStallSteps(times, DOUBLING, 900_000, 300).between).toBe(1);
    expect(countStallSteps(times, DOUBLING, 900_000, 300_000).steps).toEqual([{ atSec: 1, count: 1 }]);
  });
});
