import { describe, expect, it } from 'vitest';
import { findAll } from '../../../src/analysis/findings/find-all.ts';
import { summarise } from '../../../src/analysis/summarise.ts';
import { Tally } from '../../../src/analysis/tally.ts';
import type { Finding } from '../../../src/analysis/types.ts';
import type { SeriesCounts } from '../../../src/metrics/types.ts';
import type { BrowserLoad } from '../../../src/scenario/load-types.ts';
import type { Arm, Scenario } from '../../../src/scenario/types.ts';
import { armOf, fine, frameOf, hold, scenarioOf, sec } from '../parts.ts';

const LOAD: BrowserLoad = {
  ...{
    kind: 'browsers',
    profile: 'chromium',
    browsers: 300,
    rampUs: 0,
    forUs: sec(60),
    connections: 6,
    thinkUs: 0,
    idleUs: 1,
  },
  page: { objects: 40, paths: [], hosts: [] },
};
const CLASS = armOf({ name: 'class', load: LOAD });

/** 1,800 open at once; 600 that ended in the first second, and 1,200 in the last one. */
const CLASS_SECONDS: readonly Partial<SeriesCounts>[] = [
  { browsing: { openMost: 1_800, openLast: 1_200 }, usersByOpen: { '6': 300 }, outcomes: { ok: 600 } },
  ...Array.from({ length: 38 }, () => ({ browsing: { openMost: 1_200, openLast: 1_200 } })),
  { browsing: { openMost: 1_500, openLast: 300 }, usersByOpen: { '5': 300 }, outcomes: { ok: 1_200 } },
];

function findingsOf(changes: Partial<Scenario> = {}, more: Partial<SeriesCounts> = {}): Finding[] {
  const tally = new Tally();
  const counts = CLASS_SECONDS.map((one, at) => (at === 0 ? { ...fine(2_100), ...one, ...more } : one));
  for (const [at, one] of counts.entries()) tally.add(frameOf(at, { class: one, ...FILL[at] }));
  const run = {
    ...({ id: 'a', scenario: 'test', label: '', status: 'complete', engine: 'portable' } as const),
    ...{ startedAt: '2025-01-31T06:00:00.000Z', endedAt: '2025-01-31T06:01:00.000Z', stallsByTcpInfo: true },
  };
  const scenario = scenarioOf({ arms: [CLASS], ...changes });
  return summarise({ run, scenario, tally, histograms: new Map() }).findings;
}

/** Held connections that fill a pool of 800: full after 8 s, and 100 a second are let go from second 20 on. */
const FILL: Record<string, Partial<SeriesCounts>>[] = Array.from({ length: 40 }, (_, at) => {
  const goes = at < 8 || at >= 20;
  const failed = goes
    ? {}
    : { frozen: 100, stalledBySecond: { [at]: 100 }, outcomes: { 'handshake-timeout': 100 } };
  return {
    fill: { ...fine(100), established: goes ? 100 : 0, firstBegunUs: 0, ...failed } as Partial<SeriesCounts>,
  };
});
const FILLING: Arm = armOf({ name: 'fill', close: 'fin', holdUs: sec(15), load: hold(100, 40) });

const neededOf = (changes?: Partial<Scenario>, more?: Partial<SeriesCounts>) =>
  findingsOf(changes, more).find(({ kind }) => kind === 'ports-needed');

describe('ports that a class needs', () => {
  it('are told with what more of them would need at most, where no pool is known', () => {
    expect(neededOf()).toMatchObject({
      ...{ arm: 'class', confidence: 'high', users: 300 },
      ...{ openPorts: 1_800, held30sPorts: 1_800, held120sPorts: 2_100 },
      text: '300 browsers needed 1,800 ports at once for open connections, 1,800 where a NAT keeps each for 30 s after its close, 2,100 where for 120 s: 6 to 7 a browser. Ten times as many that come in the same time need ten times that at most, if answers come as soon',
    });
  });

  it('are told once where nothing was closed before the most were open', () => {
    const tally = new Tally();
    tally.add(frameOf(0, { class: { ...fine(90), browsing: { openMost: 90 }, outcomes: { ok: 90 } } }));
    const scenario = scenarioOf({ arms: [CLASS], natPorts: 30 });
    const run = {
      ...({ id: 'a', scenario: 'test', label: '', status: 'complete', engine: 'portable' } as const),
      ...{
        startedAt: '2025-01-31T06:00:00.000Z',
        endedAt: '2025-01-31T06:01:00.000Z',
        stallsByTcpInfo: true,
      },
    };
    const { findings } = summarise({ run, scenario, tally, histograms: new Map() });
    expect(findings.find(({ kind }) => kind === 'ports-needed')).toMatchObject({
      confidence: 'high',
      text: 'this class of 300 browsers needs 90 ports at once, even where a NAT keeps each for 120 s after its close; the NAT gives 30, enough for some 100 of them, if answers come as soon',
    });
  });

  it('are held against the pool that the scenario names', () => {
    expect(neededOf({ natPorts: 1_000 })).toMatchObject({
      ...{ confidence: 'medium', natPorts: 1_000, carriesLeast: 142, carriesMost: 166 },
      text: 'this class of 300 browsers needs 1,800 ports at once for open connections, 1,800 where a NAT keeps each for 30 s after its close, 2,100 where for 120 s; the NAT gives 1,000, enough for some 142 to 166 of them, if answers come as soon',
    });
    const enough = neededOf({ natPorts: 60_000 });
    expect(enough).toMatchObject({ confidence: 'high', carriesLeast: 300 });
    expect(enough?.text).toMatch(/; the NAT gives 60,000, which is enough, if answers come as soon$/);
  });

  it('are what was asked for where handshakes stalled', () => {
    expect(neededOf({ natPorts: 1_000 }, { frozen: 400 })?.text).toMatch(
      /enough for some 142 to 166 of them, if answers come as soon\. Handshakes stalled: this is what was asked for, not what got through$/,
    );
  });

  it('are held against the pool that the run measured, with the time for which it keeps a port', () => {
    const findings = findingsOf({ arms: [CLASS, FILLING], findings: ['nat-pool'] });
    const pool = findings.find(({ kind }) => kind === 'nat-pool');
    expect(pool).toMatchObject({ ports: 800 });
    const needed = findings.find(({ kind }) => kind === 'ports-needed');
    expect(needed).toMatchObject({ natPorts: 800, confidence: pool?.confidence });
    const keptSec = Math.ceil(pool?.['releaseSec'] as number);
    expect(needed?.text).toContain(
      `ports at once where a NAT keeps each for ${keptSec} s after its close; the NAT gives 800,`,
    );
  });

  it('are those of all classes that connect to the same endpoint, at the same time', () => {
    const other = armOf({ name: 'other', load: LOAD });
    const endpoints = { '10.0.0.1:3128': { started: 1, established: 1, completed: 1, stalled: 0 } };
    const tally = new Tally();
    for (const [at, counts] of [
      [900, 100],
      [100, 800],
    ].entries())
      for (const [index, name] of ['class', 'other'].entries()) {
        const openMost = counts[index]!;
        tally.add(
          frameOf(at, {
            [name]: { ...fine(10), endpoints, usersByOpen: {}, browsing: { openMost, openLast: openMost } },
          }),
        );
      }
    tally.add(frameOf(0, { programs: { ...fine(10), endpoints } }));
    const programs = armOf({ name: 'programs', load: hold(10, 1) });
    const run = {
      ...({ id: 'a', scenario: 'test', label: '', status: 'complete', engine: 'portable' } as const),
      ...{
        startedAt: '2025-01-31T06:00:00.000Z',
        endedAt: '2025-01-31T06:01:00.000Z',
        stallsByTcpInfo: true,
      },
    };
    const scenario = scenarioOf({ arms: [CLASS, other, programs], natPorts: 950 });
    const { findings } = summarise({ run, scenario, tally, histograms: new Map() });
    const [needed, ...more] = findings.filter(({ kind }) => kind === 'ports-needed');
    expect(more).toEqual([]);
    // Each alone would have had enough, and their sum is never needed at once.
    expect(needed).toMatchObject({ users: 600, openPorts: 1_000, carriesLeast: expect.any(Number) });
    expect(needed?.arm).toBeUndefined();
    expect(needed?.text).toMatch(
      /^class, other through the same endpoint: 600 browsers need 1,000 ports at once .*; the NAT gives 950, enough for some .* of them, if answers come as soon\. The ports of programs come on top$/,
    );
  });

  it('are little known where the run ended before all had come', () => {
    const load = { ...LOAD, browsers: 30, rampUs: sec(120) };
    const arm = armOf({ name: 'class', load });
    const few = {
      ...fine(42),
      outcomes: {},
      firstBegunUs: 0,
      lastBegunUs: sec(5),
      browsing: { openMost: 42, openLast: 42 },
    };
    const tally = new Tally();
    tally.add(frameOf(0, { class: { ...few, usersByOpen: { '21': 2 } } }));
    const run = {
      ...({ id: 'a', scenario: 'test', label: '', status: 'complete', engine: 'portable' } as const),
      ...{
        startedAt: '2025-01-31T06:00:00.000Z',
        endedAt: '2025-01-31T06:01:00.000Z',
        stallsByTcpInfo: true,
      },
    };
    const neededBy = (natPorts?: number) =>
      summarise({
        run,
        scenario: scenarioOf({ arms: [arm], ...(natPorts !== undefined && { natPorts }) }),
        tally,
        histograms: new Map(),
      }).findings.find(({ kind }) => kind === 'ports-needed');
    expect(neededBy()).toMatchObject({
      confidence: 'low',
      text: expect.stringMatching(
        /^2 of 30 browsers, before the others had come, needed 42 ports at once, even .*: 21 a browser\./,
      ),
    });
    expect(neededBy(50)).toMatchObject({
      ...{ confidence: 'low', carriesLeast: 2 },
      text: expect.stringMatching(/ the NAT gives 50, enough for some 2 of them/),
    });
  });

  it('are none of an arm that is no class, nor of a run that did not count them', () => {
    const evidence = { tally: new Tally(), histograms: new Map(), nat: undefined };
    const scenario = scenarioOf({ natPorts: 100 });
    const tally = new Tally();
    tally.add(frameOf(0, { stress: fine(30) }));
    const run = {
      ...({ id: 'a', scenario: 'test', label: '', status: 'complete', engine: 'raw' } as const),
      ...{
        startedAt: '2025-01-31T06:00:00.000Z',
        endedAt: '2025-01-31T06:01:00.000Z',
        stallsByTcpInfo: true,
      },
    };
    const { arms } = summarise({ run, scenario, tally, histograms: new Map() });
    expect(findAll({ ...evidence, scenario, tally, arms }).map(({ kind }) => kind)).not.toContain(
      'ports-needed',
    );
  });
});
