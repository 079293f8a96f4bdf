import { describe, expect, it } from 'vitest';
import { summariseStalls } from '../../src/analysis/stall-summary.ts';
import { Tally } from '../../src/analysis/tally.ts';
import type { Frame } from '../../src/metrics/types.ts';
import { armOf, fine, frameOf, histogramOf, sec } from './parts.ts';

function courseOf(
  frames: readonly Frame[],
  options: { arm?: ReturnType<typeof armOf>; timesSec?: number[] } = {},
) {
  const tally = new Tally();
  for (const frame of frames) tally.add(frame);
  const times = options.timesSec?.map(sec);
  const histograms = new Map(
    times === undefined ? [] : [['stress.handshake-service', histogramOf(...times)]],
  );
  return summariseStalls(options.arm ?? armOf(), tally, histograms, [1, 3, 7]);
}

const stalling = (second: number, stalled: number): Frame =>
  frameOf(second, { stress: { ...fine(100), frozen: stalled, stalledBySecond: { [second]: stalled } } });

describe('when and how stalls came', () => {
  it('is left out where there were none', () => {
    expect(courseOf([stalling(0, 0)], { timesSec: [0.01] })).toEqual({});
  });

  it('sums ages of ports over the run, ascending, in seconds', () => {
    const first = { '1500': { attempts: 10, stalled: 4 }, '300': { attempts: 5, stalled: 0 } };
    const second = { '1500': { attempts: 2, stalled: 1 }, '10000': { attempts: 1, stalled: 0 } };
    const frames = [first, second].map((byReuseAge, at) => frameOf(at, { stress: { byReuseAge } }));
    expect(courseOf(frames).byReuseAge).toEqual([
      { ageSec: 0.3, attempts: 5, stalled: 0 },
      { ageSec: 1.5, attempts: 12, stalled: 5 },
      { ageSec: 10, attempts: 1, stalled: 0 },
    ]);
  });

  it('says when the first stall was, ramps included', () => {
    const ramp = frameOf(0, { 'stress~ramp': fine(50) });
    expect(courseOf([ramp, stalling(1, 0), stalling(2, 3)]).onset).toEqual({ afterSec: 2, cleanStarts: 150 });
  });

  it('lists outages and their period, and none of a sweep, whose stalls follow its own timetable', () => {
    const frames = [...'..xxx...xxx...xxx..'].map((mark, second) => stalling(second, mark === 'x' ? 100 : 0));
    expect(courseOf(frames).outages).toEqual({
      runs: [
        { fromSec: 2, toSec: 5 },
        { fromSec: 8, toSec: 11 },
        { fromSec: 14, toSec: 17 },
      ],
      periodSec: 6,
    });
    const sweep = armOf({ load: { kind: 'sweep', delaysUs: [sec(1)], pairs: 1, ratePerSec: 1 } });
    expect(courseOf(frames, { arm: sweep })).toEqual({});
  });

  it('gives no period of one outage', () => {
    const frames = [...'..xxx...'].map((mark, second) => stalling(second, mark === 'x' ? 100 : 0));
    expect(courseOf(frames).outages).toEqual({ runs: [{ fromSec: 2, toSec: 5 }], periodSec: null });
  });

  it("holds completed handshakes against the host's schedule, where that is known", () => {
    expect(courseOf([stalling(0, 2)], { timesSec: [0.001, 1.02, 3.05, 2] }).stallSteps).toEqual({
      steps: [
        { atSec: 1, count: 1 },
        { atSec: 3, count: 1 },
      ],
      between: 1,
    });
    expect(
      summariseStalls(
        armOf(),
        new Tally(),
        new Map([['stress.handshake-service', histogramOf(sec(2))]]),
        undefined,
      ),
    ).toEqual({});
  });
});
