import { describe, expect, it } from 'vitest';
import { summarise } from '../../src/analysis/summarise.ts';
import { Tally } from '../../src/analysis/tally.ts';
import type { Summary } from '../../src/analysis/types.ts';
import type { Histogram } from '../../src/metrics/histogram.ts';
import type { Frame } from '../../src/metrics/types.ts';
import type { Load } from '../../src/scenario/load-types.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { armOf, fine, frameOf, histogramOf, hold, scenarioOf, sec } from './parts.ts';

const RUN: Summary['run'] = {
  id: '20250131-060000-test',
  scenario: 'test',
  label: '',
  startedAt: '2025-01-31T06:00:00.000Z',
  endedAt: '2025-01-31T06:00:10.000Z',
  status: 'complete',
  engine: 'raw',
  stallsByTcpInfo: true,
};

interface Told {
  readonly status?: Summary['run']['status'];
  readonly scenario?: Scenario;
  readonly histograms?: ReadonlyMap<string, Histogram>;
}

function summaryOf(frames: readonly Frame[], told: Told = {}): Summary {
  const tally = new Tally();
  for (const frame of frames) tally.add(frame);
  const { status = 'complete', scenario = scenarioOf(), histograms = new Map() } = told;
  return summarise({ run: { ...RUN, status }, scenario, tally, histograms });
}

/** So many seconds of so many attempts that all went well. */
const steady = (count: number, seconds: number, name = 'stress'): Frame[] =>
  Array.from({ length: seconds }, (_, second) => frameOf(second, { [name]: fine(count) }));

describe('summing a run up', () => {
  it('gives the figures that can be reckoned by hand', () => {
    const frames = [
      frameOf(0, {
        stress: {
          scheduled: 60,
          started: 50,
          unsent: 10,
          established: 44,
          completed: 40,
          recovered: 2,
          healed: 3,
          slow: 1,
          bytes: 4_000,
          synRetransmits: { '0': 41, '1': 3 },
          statuses: { '200': 40, '503': 2 },
          tunnelStatuses: { '502': 1 },
          schemesOffered: { NTLM: 2 },
          refusals: { RST: 3 },
          errorNames: { 'Squid: ERR_CONNECT_FAIL': 4 },
          cuts: { silence: 2 },
          byProofAge: { '60000': { alive: 0, cuts: { silence: 1 } }, '2500': { alive: 3, cuts: {} } },
          outcomes: { ok: 40, 'response-reset': 4, 'unsent-late': 10 },
          stalledBySecond: { '0': 2 },
          endpoints: { '10.0.0.1:3128': { started: 50, established: 44, completed: 40, stalled: 2 } },
        },
        'stress~ramp': { ...fine(5), frozen: 1, unresolved: 1 },
      }),
      frameOf(1, {
        stress: {
          ...fine(50),
          cuts: { silence: 1 },
          byProofAge: { '60000': { alive: 2, cuts: { silence: 1 } } },
        },
      }),
      frameOf(11, {
        stress: {
          frozen: 5,
          unresolved: 1,
          synRetransmits: { '3': 6 },
          outcomes: { 'handshake-timeout': 5, abandoned: 1 },
          stalledBySecond: { '0': 6 },
          endpoints: { '10.0.0.1:3128': { started: 0, established: 0, completed: 0, stalled: 6 } },
        },
      }),
    ];
    const histograms = new Map([
      ['stress.handshake', histogramOf(100, 200, 300)],
      ['stress.handshake-service', histogramOf(50)],
      ['stress.total', histogramOf(1_000)],
      ['stress~ramp.handshake', histogramOf(9_999)],
      ['lateness', histogramOf(7)],
    ]);
    const { arms, latenessUs } = summaryOf(frames, { histograms });
    const nothing = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
    const one = (value: number) => ({
      ...{ count: 1, min: value, mean: value, p50: value, p90: value, p99: value, p999: value, max: value },
    });
    expect(arms).toEqual({
      stress: {
        cuts: { silence: 3 },
        proofs: [
          { ageSec: 2.5, alive: 3, cuts: {} },
          { ageSec: 60, alive: 2, cuts: { silence: 2 } },
        ],
        onset: { afterSec: 0, cleanStarts: 0 },
        scheduled: 110,
        started: 100,
        unsent: 10,
        established: 94,
        completed: 90,
        completedShare: 0.9,
        achievedPerSec: 10,
        requests: 0,
        connectionsPerRequest: 0,
        challenges: 0,
        stalled: {
          count: 8,
          rate: 0.08,
          // Wilson's interval for 8 in 100.
          ci95: [expect.closeTo(0.0411, 4), expect.closeTo(0.15, 4)],
          recovered: 2,
          frozen: 5,
          unresolved: 1,
          ratePerFrame: { p50: 0, p99: 0.16, max: 0.16 },
        },
        healed: 3,
        slow: 1,
        synRetransmits: { '0': 41, '1': 3, '3': 6 },
        outcomes: { ok: 90, 'response-reset': 4, 'unsent-late': 10, 'handshake-timeout': 5, abandoned: 1 },
        statuses: { '200': 40, '503': 2 },
        tunnelStatuses: { '502': 1 },
        schemesOffered: { NTLM: 2 },
        refusals: { RST: 3 },
        errorNames: { 'Squid: ERR_CONNECT_FAIL': 4 },
        unmetContent: {},
        bytes: 4_000,
        handshakeUs: { count: 3, min: 100, mean: 200, p50: 200, p90: 300, p99: 300, p999: 300, max: 300 },
        firstByteUs: nothing,
        totalUs: one(1_000),
        service: { handshakeUs: one(50), firstByteUs: nothing, totalUs: nothing },
        endpoints: { '10.0.0.1:3128': { started: 50, established: 44, completed: 40, stalled: 8 } },
        ramp: { scheduled: 5, started: 5, unsent: 0, established: 5, completed: 5, stalled: 2 },
      },
    });
    expect(latenessUs).toEqual(one(7));
  });

  it('names every arm of the scenario, also one that did nothing', () => {
    const scenario = scenarioOf({ arms: [armOf(), armOf({ name: 'control' })] });
    const { arms } = summaryOf(steady(10, 10), { scenario });
    expect(Object.keys(arms)).toEqual(['stress', 'control']);
    expect(arms['control']).toMatchObject({ started: 0, completedShare: 0, achievedPerSec: 0 });
    expect(arms['control']?.stalled).toMatchObject({ rate: 0, ci95: [0, 1] });
    expect(arms['control']).not.toHaveProperty('ramp');
  });
});

describe('attempts a second', () => {
  const achieved = (load: Load, frames: readonly Frame[], status: Summary['run']['status'] = 'complete') =>
    summaryOf(frames, { scenario: scenarioOf({ arms: [armOf({ load })] }), status }).arms['stress']
      ?.achievedPerSec;

  it('of an open loop go by its measured schedule, however long the last ones took to end', () => {
    expect(achieved(hold(100, 10), [...steady(100, 10), frameOf(19, { stress: { frozen: 1 } })])).toBe(100);
  });

  it('of an open loop leave ramps and idle phases out', () => {
    const load: Load = {
      kind: 'open',
      phases: [
        { kind: 'ramp', fromPerSec: 0, toPerSec: 100, forUs: sec(5) },
        { kind: 'idle', forUs: sec(3) },
        { kind: 'hold', ratePerSec: 100, forUs: sec(2) },
        { kind: 'step', fromPerSec: 100, toPerSec: 200, byPerSec: 100, eachUs: sec(1) },
      ],
    };
    const frames = [
      ...steady(50, 5, 'stress~ramp'),
      frameOf(8, { stress: fine(100) }),
      frameOf(9, { stress: fine(100) }),
      frameOf(10, { stress: fine(100) }),
      frameOf(11, { stress: fine(200) }),
    ];
    expect(achieved(load, frames)).toBe(125);
    expect(achieved(load, frames.slice(0, -2), 'interrupted')).toBe(100);
    expect(achieved(load, frames.slice(0, 5), 'interrupted')).toBe(0);
  });

  it('of an interrupted open loop go by the seconds in which something fell due, not by the drain', () => {
    const drained = [...steady(100, 4), frameOf(9, { stress: { frozen: 3 } })];
    expect(achieved(hold(100, 10), drained, 'interrupted')).toBe(100);
    expect(achieved(hold(100, 10), drained, 'failed')).toBe(100);
  });

  it('of a closed loop go from the first start to the last end', () => {
    const load: Load = { kind: 'closed', concurrency: 10, attempts: 1_000 };
    const frames = [
      frameOf(0, {
        stress: { ...fine(600), firstBegunUs: 500_000, lastBegunUs: 990_000, lastEndUs: 999_000 },
      }),
      frameOf(1, {
        stress: { ...fine(400), firstBegunUs: 1_000_000, lastBegunUs: 1_700_000, lastEndUs: 1_750_000 },
      }),
    ];
    expect(achieved(load, frames)).toBe(800);
    expect(achieved(load, frames, 'interrupted')).toBe(800);
    expect(achieved(load, [])).toBe(0);
  });
});

describe('the verdict', () => {
  const verdictOf = (criteria: readonly string[], frames = steady(10, 10), told: Told = {}) =>
    summaryOf(frames, { ...told, scenario: scenarioOf({ criteria }) }).verdict;
  const HELD = 'stress.unsent == 0';
  const FAILED = 'stress.completed > 1000';
  const UNKNOWN = 'stress.firstByteUs.p99 < 50ms';
  const outcomes = { ok: 10, 'unsent-late': 10 };
  const unsent = frameOf(0, { stress: { ...fine(10), scheduled: 20, unsent: 10, outcomes } });

  it('is pass where every criterion held', () => {
    expect(verdictOf([HELD])).toEqual({
      pass: true,
      criteria: [{ text: HELD, value: 0, held: true }],
      generatorLimited: false,
      reasons: [],
    });
  });

  it('is fail where one failed, whatever else is not known', () => {
    expect(verdictOf([HELD, FAILED]).pass).toBe(false);
    expect(verdictOf([UNKNOWN, FAILED]).pass).toBe(false);
  });

  it('is none where a criterion could not be judged, and says why', () => {
    expect(verdictOf([HELD, UNKNOWN])).toMatchObject({
      pass: null,
      generatorLimited: false,
      reasons: [`${UNKNOWN}: nothing was measured that could decide it`],
    });
  });

  it('says of a failure that one address alone stalled', () => {
    const endpoints = {
      '10.0.0.1:3128': { started: 50, established: 50, completed: 50, stalled: 0 },
      '10.0.0.2:3128': { started: 50, established: 10, completed: 10, stalled: 40 },
    };
    const frames = [frameOf(0, { stress: { ...fine(100), frozen: 40, endpoints } })];
    const said = 'stress: all 40 stalls were connections to 10.0.0.2:3128';
    expect(verdictOf(['stress.stalled.count == 0'], frames).reasons.join()).toContain(said);
    expect(verdictOf([HELD], frames).reasons).toEqual([]);
  });

  it('is none without criteria', () => {
    expect(verdictOf([])).toEqual({ pass: null, criteria: [], generatorLimited: false, reasons: [] });
  });

  const refused = { scheduled: 3, started: 3, outcomes: { 'handshake-refused': 3 } } as const;
  it.each([
    ['nothing', refused, 'arm stress completed 0 of 3 attempts, all handshake-refused'],
    [
      'less than half',
      {
        ...fine(2),
        scheduled: 5,
        started: 5,
        outcomes: { ok: 2, 'response-reset': 1, 'handshake-refused': 2 },
      },
      'arm stress completed 2 of 5 attempts, most often handshake-refused',
    ],
  ] as const)('is fail without criteria where %s was completed', (_, counts, reason) => {
    const { verdict } = summaryOf([frameOf(0, { stress: counts })]);
    expect(verdict).toEqual({ pass: false, criteria: [], generatorLimited: false, reasons: [reason] });
  });

  it('is none without criteria where half was completed', () => {
    const half = {
      ...fine(2),
      started: 4,
      scheduled: 4,
      outcomes: { ok: 2, 'handshake-refused': 2 },
    } as const;
    expect(summaryOf([frameOf(0, { stress: half })]).verdict).toMatchObject({ pass: null, reasons: [] });
  });

  it('counts no connection that another carried on as one that was not completed', () => {
    const outcomes = { ok: 4, 'proxy-closed-after-407': 6 };
    const asked = { ...fine(4), scheduled: 10, started: 10, established: 10, outcomes };
    expect(summaryOf([frameOf(0, { stress: asked })]).verdict).toMatchObject({ pass: null, reasons: [] });
  });

  it('is fail for the arm that did worst', () => {
    const scenario = scenarioOf({ arms: [armOf(), armOf({ name: 'control' })] });
    const { verdict } = summaryOf([frameOf(0, { stress: fine(9), control: refused })], { scenario });
    expect(verdict).toMatchObject({ pass: false, reasons: [expect.stringContaining('arm control')] });
  });

  it('is none where nothing started, and says so', () => {
    expect(summaryOf([frameOf(0, {})]).verdict).toMatchObject({
      pass: null,
      reasons: ['no attempt was started'],
    });
  });

  it('is what the criteria say, and they alone, where there are any', () => {
    expect(
      summaryOf([frameOf(0, { stress: refused })], {
        scenario: scenarioOf({ criteria: ['stress.started == 3'] }),
      }).verdict,
    ).toMatchObject({ pass: true, reasons: [] });
  });

  it('is none without criteria of a run that was interrupted, whatever was completed', () => {
    expect(summaryOf([frameOf(0, { stress: refused })], { status: 'interrupted' }).verdict).toMatchObject({
      pass: null,
      reasons: ['the run was interrupted'],
    });
  });

  it('is none where this machine was the bottleneck, even if criteria failed', () => {
    expect(verdictOf([FAILED, HELD], [unsent])).toMatchObject({
      pass: null,
      generatorLimited: true,
      criteria: [{ held: false }, { held: false }],
      reasons: ['stress: 10 of 20 attempts were unsent (unsent-late 10)'],
    });
  });

  it('is none where starts were late', () => {
    const histograms = new Map([['lateness', histogramOf(200_000)]]);
    expect(verdictOf([HELD], undefined, { histograms })).toMatchObject({
      pass: null,
      generatorLimited: true,
    });
  });

  it.each([
    ['interrupted', 'the run was interrupted'],
    ['failed', 'the run was ended by a fault'],
  ] as const)('is none where the run was %s', (status, reason) => {
    expect(verdictOf([HELD, FAILED], undefined, { status })).toMatchObject({
      pass: null,
      generatorLimited: false,
      criteria: [{ held: true }, { held: false }],
      reasons: [reason],
    });
  });
});

describe('findings', () => {
  it('are looked for where the scenario asks, in every arm', () => {
    const load: Load = {
      kind: 'open',
      phases: [{ kind: 'step', fromPerSec: 10, toPerSec: 20, byPerSec: 10, eachUs: sec(1) }],
    };
    const arms = [armOf({ load, holdUs: sec(1) }), armOf({ name: 'control', holdUs: sec(60) })];
    const frames = [
      frameOf(0, { stress: fine(10), control: fine(1) }),
      frameOf(1, { stress: { ...fine(20), recovered: 4, stalledBySecond: { '1': 4 } } }),
    ];
    const histograms = new Map([['control.cutAge', histogramOf(sec(30))]]);
    const kinds = (findings: Scenario['findings']) =>
      summaryOf(frames, { scenario: scenarioOf({ arms, findings }), histograms }).findings.map(
        ({ kind, arm, confidence }) => [kind, arm, confidence],
      );
    expect(kinds([])).toEqual([]);
    expect(kinds(['knee', 'cut-age'])).toEqual([
      ['knee', 'stress', 'medium'],
      ['cut-age', 'stress', 'none'],
      ['cut-age', 'control', 'medium'],
    ]);
  });

  it('claim of a run that was cut short no longer a hold than it saw', () => {
    const scenario = scenarioOf({ arms: [armOf({ holdUs: sec(600) })], findings: ['cut-age'] });
    const text = (...frames: Frame[]) =>
      summaryOf(frames, { scenario, status: 'interrupted' }).findings[0]?.text;
    const first = frameOf(1, { stress: { ...fine(10), firstBegunUs: sec(1), lastBegunUs: sec(1.9) } });
    // Stopped: what was held was let go.
    const letGo = frameOf(6, { stress: { outcomes: { ok: 10 }, lastEndUs: sec(6.3) } });
    expect(text(first, letGo)).toMatch(/^10 connections were held for up to 5\.3 s and none was cut;/);
    // Killed: nobody saw them end.
    expect(text(first, frameOf(9, {}))).toMatch(/^10 connections were held for up to 8 s and none was cut;/);
  });
});

describe('a path longer than a stall', () => {
  const long = { recovered: 10, stalledBySecond: { 0: 10 }, synRetransmits: { 1: 10 } };
  const frames = [frameOf(0, { stress: { ...fine(10), ...long } })];
  const scenario = scenarioOf({ criteria: ['stress.stalled.rate < 1%', 'stress.unsent == 0'] });
  const withTimes = (handshakeUs: number, rttUs: number) =>
    summaryOf(frames, {
      scenario,
      histograms: new Map([
        ['stress.handshake-service', histogramOf(handshakeUs)],
        ['stress.rtt', histogramOf(rttUs)],
      ]),
    });

  it('leaves criteria on stalls unjudged, and no others', () => {
    const { verdict, arms } = withTimes(1_310_000, 1_300_000);
    expect(arms['stress']?.rttUs).toMatchObject({ count: 1 });
    expect(verdict.criteria.map(({ held }) => held)).toEqual([null, true]);
    expect(verdict.pass).toBeNull();
    expect(verdict.reasons).toEqual([
      expect.stringMatching(/^stress: cannot tell a long path from lost SYNs/),
    ]);
  });

  it('is none where the round trip is short: SYNs were lost', () => {
    const { verdict } = withTimes(1_310_000, 300_000);
    expect(verdict).toMatchObject({ pass: false, criteria: [{ held: false }, { held: true }] });
  });
});
