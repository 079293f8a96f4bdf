import { describe, expect, it } from 'vitest';
import { computeSynSchedule } from '../../src/doctor/syn-schedule.ts';

describe('computeSynSchedule', () => {
  it('doubles from the start where the kernel has no linear timeouts', () => {
    expect(computeSynSchedule(6, 0)).toEqual({ resentAtSec: [1, 3, 7, 15, 31, 63], givenUpAtSec: 127 });
  });

  it('stays at one second for the linear timeouts, then doubles', () => {
    expect(computeSynSchedule(6, 4)).toEqual({
      resentAtSec: [1, 2, 3, 4, 5, 7, 11, 19, 35, 67],
      givenUpAtSec: 131,
    });
  });

  it('keeps the exponential deadline but resends linearly, as measured with TCP_SYNCNT 1 and 2', () => {
    expect(computeSynSchedule(1, 4)).toEqual({ resentAtSec: [1, 2], givenUpAtSec: 3 });
    expect(computeSynSchedule(2, 4)).toEqual({ resentAtSec: [1, 2, 3, 4, 5], givenUpAtSec: 7 });
  });

  it('never waits longer than 120 s for an answer', () => {
    expect(computeSynSchedule(8, 0).resentAtSec).toEqual([1, 3, 7, 15, 31, 63, 127, 247]);
  });

  it('gives up at the first timeout where no retransmission is allowed', () => {
    expect(computeSynSchedule(0, 0)).toEqual({ resentAtSec: [], givenUpAtSec: 1 });
  });
});
