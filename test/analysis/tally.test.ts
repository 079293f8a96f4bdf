import { describe, expect, it } from 'vitest';
import { emptySecond, Tally } from '../../src/analysis/tally.ts';
import { emptyCounts } from '../../src/metrics/counts.ts';
import type { Frame } from '../../src/metrics/types.ts';
import { fine, frameOf } from './parts.ts';

describe('adding frames up', () => {
  it('sums each series over the run, and keeps what each second scheduled', () => {
    const tally = new Tally();
    tally.add(frameOf(0, { stress: { ...fine(10), bytes: 50 }, control: fine(1) }));
    tally.add(frameOf(2, { stress: { ...fine(20), scheduled: 25, unsent: 5, bytes: 70 } }));
    const { counts, bySecond } = tally.series('stress');
    expect(counts).toMatchObject({ scheduled: 35, started: 30, unsent: 5, bytes: 120, outcomes: { ok: 30 } });
    expect([...bySecond]).toEqual([
      [0, { ...emptySecond(), scheduled: 10, started: 10, established: 10, completed: 10 }],
      [2, { ...emptySecond(), scheduled: 25, started: 20, unsent: 5, established: 20, completed: 20 }],
    ]);
    expect(tally.series('control').counts.started).toBe(1);
  });

  it('adds two frames of one second', () => {
    const tally = new Tally();
    tally.add(frameOf(4, { stress: fine(3) }));
    tally.add(frameOf(4, { stress: fine(4) }));
    expect(tally.series('stress').bySecond.get(4)?.started).toBe(7);
  });

  it('puts a stall down to the second of its SYN', () => {
    const tally = new Tally();
    tally.add(frameOf(3, { stress: { ...fine(5), recovered: 3, stalledBySecond: { '2': 2, '3': 1 } } }));
    const stalled = [...tally.series('stress').bySecond].map(([second, counts]) => [second, counts.stalled]);
    expect(stalled.sort()).toEqual([
      [2, 2],
      [3, 1],
    ]);
  });

  it('counts as failed what the path or the far end did, but a frozen handshake as a stall alone', () => {
    const failed = (outcomes: Frame['series'][string]['outcomes'], frozen: number) => {
      const tally = new Tally();
      tally.add(frameOf(7, { stress: { outcomes, frozen } }));
      return tally.series('stress').bySecond.get(7)?.failed;
    };
    const local = { ok: 50, abandoned: 3, 'local-failure': 2, 'unsent-late': 7, 'local-port-exhausted': 1 };
    expect(failed(local, 0)).toBe(0);
    expect(
      failed({ ...local, 'handshake-refused': 4, 'response-timeout': 5, 'unexpected-status': 6 }, 0),
    ).toBe(15);
    expect(failed({ 'handshake-timeout': 10, 'handshake-refused': 1 }, 10)).toBe(1);
    // Refused at the second SYN, as the scenario expected.
    expect(failed({ ok: 1 }, 1)).toBe(0);
  });

  it('counts refused handshakes by the second in which they were, and not those that an arm expects', () => {
    const tally = new Tally();
    const outcomes = { ok: 7, 'handshake-refused': 1, 'handshake-reset': 2, 'handshake-unreachable': 3 };
    tally.add(frameOf(4, { stress: { outcomes } }));
    expect(tally.series('stress').bySecond.get(4)?.refused).toBe(6);
  });

  it('tells the last second from the last in which something fell due', () => {
    const tally = new Tally();
    expect([tally.lastSecond, tally.lastScheduledSecond]).toEqual([-1, -1]);
    tally.add(frameOf(5, { stress: fine(5) }));
    tally.add(frameOf(6, { stress: { frozen: 1 } }));
    expect([tally.lastSecond, tally.lastScheduledSecond]).toEqual([6, 5]);
  });

  it('gives an empty series for a name that never came', () => {
    const tally = new Tally();
    expect(tally.has('stress')).toBe(false);
    expect(tally.series('stress').counts).toEqual(emptyCounts());
  });

  it('keeps no hold on the frames it was given', () => {
    const tally = new Tally();
    const frame = frameOf(0, { stress: fine(1) });
    tally.add(frame);
    tally.add(frameOf(1, { stress: fine(1) }));
    expect(frame).toEqual(frameOf(0, { stress: fine(1) }));
  });
});
