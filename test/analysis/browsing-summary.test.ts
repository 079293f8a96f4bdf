import { describe, expect, it } from 'vitest';
import { countHeld, PortSeconds } from '../../src/analysis/port-seconds.ts';
import { summarise } from '../../src/analysis/summarise.ts';
import { Tally } from '../../src/analysis/tally.ts';
import type { ArmSummary } from '../../src/analysis/types.ts';
import { mergeFrames } from '../../src/metrics/merge.ts';
import type { Frame, SeriesCounts } from '../../src/metrics/types.ts';
import { rollUp, unroll } from '../../src/metrics/window.ts';
import type { BrowserLoad } from '../../src/scenario/load-types.ts';
import { armOf, fine, frameOf, scenarioOf } from './parts.ts';

const LOAD: BrowserLoad = {
  ...{
    kind: 'browsers',
    profile: 'chromium',
    browsers: 30,
    rampUs: 0,
    forUs: 60_000_000,
    connections: 6,
    thinkUs: 0,
  },
  ...{ idleUs: 60_000_000, page: { objects: 40, paths: [], hosts: [] } },
};

function armSummaryOf(frames: readonly Frame[]): ArmSummary {
  const tally = new Tally();
  for (const frame of frames) tally.add(frame);
  const run = {
    ...({ id: 'a', scenario: 'test', label: '', status: 'complete', engine: 'portable' } as const),
    ...{ startedAt: '2025-01-31T06:00:00.000Z', endedAt: '2025-01-31T06:01:00.000Z', stallsByTcpInfo: true },
  };
  const scenario = scenarioOf({ arms: [armOf({ load: LOAD })] });
  return summarise({ run, scenario, tally, histograms: new Map() }).arms['stress']!;
}

/** Seconds of a population: what was open, and what ended. */
const second = (at: number, openMost: number, openLast: number, ended: Partial<SeriesCounts> = {}): Frame =>
  frameOf(at, { stress: { browsing: { openMost, openLast }, usersByOpen: { '6': 1 }, ...ended } });

const ok = (count: number): Partial<SeriesCounts> => ({ outcomes: { ok: count } });

describe('ports that a NAT holds for browsers', () => {
  it('are those of open connections, and of closed ones for as long as it keeps them', () => {
    const { ports } = armSummaryOf([
      second(0, 50, 40, ok(10)),
      second(1, 60, 60),
      second(29, 60, 20, ok(40)),
      // Those that ended in second 0 are let go at the end of second 30.
      second(30, 25, 20, ok(5)),
      second(59, 20, 0, ok(20)),
    ]);
    expect(ports).toMatchObject({
      users: 30,
      open: { p50: 50, p90: 60, max: 60 },
      held30s: { p50: 65, max: 70 },
      held120s: { max: 75 },
    });
  });

  it('add up over workers, and are the same from the windows of a soak', () => {
    const frames = [second(0, 50, 40, ok(10)), second(1, 60, 60), second(2, 60, 0, ok(60))];
    const { ports } = armSummaryOf(frames);
    expect(armSummaryOf(unroll(JSON.parse(JSON.stringify(rollUp(frames)))))).toMatchObject({ ports });
    const twice = armSummaryOf(frames.map((frame) => mergeFrames([frame, frame])));
    expect(twice.ports).toMatchObject({ open: { max: 120 }, held30s: { max: 140 }, perUser: { max: 6 } });
  });

  it('are none for a SYN that was refused or never sent', () => {
    const outcomes = { 'handshake-refused': 7, 'unsent-open-limit': 3, 'handshake-timeout': 2 };
    const { ports } = armSummaryOf([second(0, 12, 0, { outcomes })]);
    expect(ports?.held120s.max).toBe(2);
  });

  it('are reckoned for any time that a NAT keeps them', () => {
    const seconds = new PortSeconds();
    for (const at of [0, 1, 2, 1_000_000]) seconds.add(at, { most: 3, last: 1, ended: 2 });
    const most = (keptSec: number) => Math.max(...countHeld(seconds, keptSec).keys());
    expect([0, 1, 2, 3, 100].map(most)).toEqual([3, 3, 5, 7, 7]);
  });

  it('are told of one browser as well: the most that each has, over all of them and all seconds', () => {
    const frames = [{ '6': 8, '1': 1 }, { '2': 1 }].map((usersByOpen, at) =>
      frameOf(at, { stress: { browsing: { openMost: 49, openLast: 49 }, usersByOpen } }),
    );
    expect(armSummaryOf(frames).ports?.perUser).toEqual({ p50: 6, p90: 6, max: 6 });
  });
});

describe('what a page costs', () => {
  it('is in connections and requests for credentials, and in SYNs where handshakes stalled', () => {
    const browsing = { pages: 4, pagesFailed: 1, withoutRequest: 5, stalledSyns: 15, openMost: 1 };
    const frames = [
      frameOf(0, { stress: { ...fine(30), challenges: 22, frozen: 2, recovered: 1, browsing } }),
    ];
    expect(armSummaryOf(frames).browsing).toEqual({
      ...{ pages: 4, pagesFailed: 1, connectionsPerPage: 7.5, challengesPerPage: 5.5 },
      ...{ connectionsWithoutRequest: 5, synsPerStall: 5 },
    });
  });

  it('is not there for runs from before it was counted', () => {
    const summary = armSummaryOf([frameOf(0, { stress: fine(30) })]);
    expect(summary).not.toHaveProperty('browsing');
    expect(summary).not.toHaveProperty('ports');
  });
});
