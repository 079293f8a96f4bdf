import { describe, expect, it } from 'vitest';
import { SessionTally } from '../../src/analysis/session-tally.ts';
import { summarise } from '../../src/analysis/summarise.ts';
import { Tally } from '../../src/analysis/tally.ts';
import { setAside } from '../../src/metrics/set-aside.ts';
import type { Frame } from '../../src/metrics/types.ts';
import { armOf, fine, frameOf, hold, scenarioOf } from './parts.ts';

const FACTS = { windows: 2, windowSec: 60, events: [{ kind: 'suspended', count: 1 }] };

function courseOf(frames: readonly Frame[]) {
  const night = new SessionTally(['stress']);
  for (const frame of frames) night.add(frame);
  return night.read(FACTS);
}

/** Seconds of a steady load. */
function steady(fromSec: number, toSec: number): Frame[] {
  return Array.from({ length: toSec - fromSec }, (_, index) =>
    frameOf(fromSec + index, { stress: fine(10) }),
  );
}

const measured = (frames: readonly Frame[]) => courseOf(frames).measuredSec?.get('stress');

describe('the course of a night', () => {
  it('counts as measured the seconds in which something fell due', () => {
    expect(measured(steady(0, 30))).toBe(30);
  });

  it('counts seconds between two of them too: at a low rate most have nothing due', () => {
    expect(measured([...steady(0, 1), frameOf(1, {}), frameOf(2, {}), ...steady(3, 4)])).toBe(4);
  });

  it('counts no gap, no wait for the last ends, and no ramp', () => {
    const drain = [frameOf(10, { stress: { frozen: 2 } }), frameOf(11, {})];
    const ramp = [100, 101].map((second) => frameOf(second, { 'stress~ramp': fine(5) }));
    expect(measured([...steady(0, 10), ...drain, ...ramp, ...steady(102, 107)])).toBe(15);
  });

  it('counts of a second in which a ramp ended the part that was none', () => {
    const turning = frameOf(0, { 'stress~ramp': fine(5), stress: fine(15) });
    expect(measured([turning, ...steady(1, 3)])).toBe(2.75);
  });

  it('leaves out what was set aside, and tells how whole the night is', () => {
    const frames = [...steady(0, 10), ...steady(10, 14).map(setAside), ...steady(14, 20), ...steady(30, 40)];
    const { measuredSec, summary } = courseOf(frames);
    expect(measuredSec?.get('stress')).toBe(26);
    expect(summary.soak).toEqual({ ...FACTS, seconds: 30, missingSec: 10, setAsideSec: 4 });
  });

  it('gives the summary a rate that neither gaps nor what was set aside bring down', () => {
    const frames = [...steady(0, 10), ...steady(10, 14).map(setAside), ...steady(500, 510)];
    const tally = new Tally();
    for (const frame of frames) tally.add(frame);
    const summary = summarise({
      run: {
        ...{ id: 'x', scenario: 'test', label: '', engine: 'raw', stallsByTcpInfo: true, status: 'complete' },
        ...{ startedAt: '2025-01-31T01:00:00.000Z', endedAt: '2025-01-31T09:00:00.000Z' },
      },
      scenario: scenarioOf({ arms: [armOf({ load: hold(10, 28_800) })] }),
      ...{ tally, histograms: new Map(), timeSeries: courseOf(frames) },
    });
    expect(summary.arms['stress']).toMatchObject({ started: 200, achievedPerSec: 10 });
    expect(summary.soak).toMatchObject({ seconds: 24, missingSec: 486, setAsideSec: 4 });
  });
});
