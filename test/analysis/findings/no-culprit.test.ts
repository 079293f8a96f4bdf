import { describe, expect, it } from 'vitest';
import type { Nat } from '../../../src/analysis/findings/finder.ts';
import { summarise } from '../../../src/analysis/summarise.ts';
import { Tally } from '../../../src/analysis/tally.ts';
import type { Finding, Summary } from '../../../src/analysis/types.ts';
import type { SeriesCounts } from '../../../src/metrics/types.ts';
import type { Arm, Scenario } from '../../../src/scenario/types.ts';
import { armOf, frameOf, hold, scenarioOf, sec } from '../parts.ts';

/** What becomes of a start at a moment, seconds since the run's start. */
type Fate = 'ok' | 'stall' | 'refuse';
type Fates = (atSec: number) => Fate;

interface Load {
  readonly arm: Arm;
  readonly perSec: number;
  readonly fates: Fates;
}

const STARTED_AT = '2025-01-31T06:00:00.000Z';
const RUN: Summary['run'] = {
  ...{ id: '20250131-060000-test', scenario: 'test', label: '', startedAt: STARTED_AT },
  ...{ endedAt: '2025-01-31T06:01:00.000Z', status: 'complete', engine: 'raw', stallsByTcpInfo: true },
};

/** Plays a load against something that answers as told, and sums it up. */
function play(loads: readonly Load[], forSec: number, more: Partial<Scenario> = {}): Finding[] {
  const tally = new Tally();
  for (let second = 0; second < forSec; second += 1) {
    const series = loads.map(
      ({ arm, perSec, fates }) => [arm.name, countSecond(second, perSec, fates)] as const,
    );
    tally.add(frameOf(second, Object.fromEntries(series)));
  }
  const scenario = scenarioOf({ arms: loads.map(({ arm }) => arm), ...more });
  return summarise({ run: RUN, scenario, tally, histograms: new Map() }).findings;
}

function countSecond(second: number, perSec: number, fates: Fates): Partial<SeriesCounts> {
  const count = { ok: 0, stall: 0, refuse: 0 };
  for (let index = 0; index < perSec; index += 1) count[fates(second + index / perSec)] += 1;
  return {
    ...{ scheduled: perSec, started: perSec, established: count.ok, completed: count.ok },
    frozen: count.stall,
    // Of a load that begins as the run does: what it opens first closes within a second, not between two.
    ...{ firstBegunUs: sec(second), lastBegunUs: sec(second + 1 - 1 / perSec) },
    outcomes: { ok: count.ok, 'handshake-timeout': count.stall, 'handshake-refused': count.refuse },
    stalledBySecond: { [second]: count.stall },
    endpoints: {
      '10.0.0.1:3128': { started: perSec, established: count.ok, completed: count.ok, stalled: count.stall },
    },
  };
}

/** At most so many open at once, each for as long as it is held; a place is free the moment that it is left. */
function limitOpen(places: number, holdSec: number): Fates {
  const until = new Array<number>(places).fill(0);
  return (atSec) => {
    const free = until.findIndex((at) => at <= atSec);
    if (free < 0) return 'stall';
    until[free] = atSec + holdSec;
    return 'ok';
  };
}

/** So many a second, and a burst first. */
function limitRate(perSec: number, burst: number): Fates {
  let tokens = burst;
  let last = 0;
  return (atSec) => {
    tokens = Math.min(burst, tokens + (atSec - last) * perSec);
    last = atSec;
    if (tokens < 1) return 'stall';
    tokens -= 1;
    return 'ok';
  };
}

const STRESS = armOf({ load: hold(100, 60) });
const KEEP = armOf({ name: 'keep', load: hold(20, 60), holdUs: sec(10) });
const CONTROL = armOf({
  ...{ name: 'other-port', load: hold(5, 60) },
  target: { scheme: 'tcp', host: '10.0.0.1', port: 3_129, path: '' },
});
const clean: Fates = () => 'ok';

const FIREWALLS: Readonly<Record<string, () => Finding[]>> = {
  'a SYN rate limit': () => play([{ arm: STRESS, perSec: 100, fates: limitRate(60, 200) }], 60),
  'a global limit of connections': () => {
    const shared = limitOpen(50, 10);
    return play(
      [
        { arm: KEEP, perSec: 20, fates: shared },
        { arm: CONTROL, perSec: 5, fates: shared },
      ],
      60,
      { findings: ['nat-pool'] },
    );
  },
  'a path that drops SYNs with ECN': () => {
    const plain = { ...STRESS, client: { profile: 'linux-6', knobs: {} } } as const;
    const asking = { ...plain, name: 'ecn', client: { profile: 'linux-6', knobs: { ecn: 'ecn' } } } as const;
    return play(
      [
        { arm: plain, perSec: 100, fates: clean },
        { arm: asking, perSec: 100, fates: () => 'stall' },
      ],
      60,
    );
  },
  'an outage of 4 s': () =>
    play([{ arm: STRESS, perSec: 100, fates: (at) => (at >= 20 && at < 24 ? 'stall' : 'ok') }], 60),
  'one SYN in ten rejected': () => {
    let turn = 0;
    return play([{ arm: STRESS, perSec: 100, fates: () => (++turn % 10 === 0 ? 'refuse' : 'ok') }], 60);
  },
  'a proxy that was restarted': () =>
    play([{ arm: STRESS, perSec: 100, fates: (at) => (at >= 30 && at < 32.04 ? 'refuse' : 'ok') }], 60),
  'a proxy without room in its queue': () => {
    const overloaded: Fates = (at) => (at >= 15 && Math.floor(at * 100) % 10 < 9 ? 'stall' : 'ok');
    return play(
      [
        { arm: STRESS, perSec: 100, fates: overloaded },
        { arm: CONTROL, perSec: 10, fates: overloaded },
      ],
      60,
    );
  },
  'a limit of 50 to one port': () =>
    play(
      [
        { arm: KEEP, perSec: 20, fates: limitOpen(50, 10) },
        { arm: CONTROL, perSec: 5, fates: clean },
      ],
      60,
      { findings: ['nat-pool'] },
    ),
};

/** Words that put the blame on something: a finding is what was measured, and these are guesses at why. */
const CULPRIT =
  /\bNAT\b|firewall|middlebox|proxy|flood|defen[cs]e|filter|resolver|TIME_WAIT|server|exhaust|run out|come round|because|cause/i;

describe('findings name no culprit', () => {
  it.each(Object.keys(FIREWALLS))('where there was %s', (name) => {
    for (const { text } of FIREWALLS[name]!()) expect(text).not.toMatch(CULPRIT);
  });

  it('and say of an outage when it was, and that it was silence', () => {
    expect(FIREWALLS['an outage of 4 s']!()).toEqual([
      {
        ...{ kind: 'outage-phases', arm: 'stress', confidence: 'medium', endpoint: '10.0.0.1:3128' },
        ...{ onSec: 4, count: 1, started: 400, stalled: 400, refused: 0 },
        ...{ from: '2025-01-31T06:00:20.000Z', to: '2025-01-31T06:00:24.000Z' },
        text: '06:00:20 to 06:00:24 UTC: one outage of 4 s: of 400 starts 400 stalled',
      },
      expect.objectContaining({ kind: 'onset', arm: 'stress', under: 'outage-phases', afterSec: 20 }),
    ]);
  });

  it('and tell refusals from stalls', () => {
    expect(FIREWALLS['a proxy that was restarted']!()).toMatchObject([
      { kind: 'outage-phases', stalled: 0, text: expect.stringContaining('were refused and none stalled') },
    ]);
    expect(FIREWALLS['one SYN in ten rejected']!()).toEqual([]);
  });

  it('and count open connections without the second in which the first of them closed', () => {
    const found = FIREWALLS['a limit of 50 to one port']!();
    expect(found).toMatchObject([
      {
        ...{ kind: 'nat-pool', arm: 'keep', confidence: 'high', ports: 50, releaseLowSec: 0 },
        text: expect.stringMatching(/at most 50 open at once.*to another port \(other-port\), 0 of 300/),
      },
      { kind: expect.stringMatching(/^(onset|outage-phases)$/), arm: 'keep', under: 'nat-pool' },
    ]);
    expect(found[0]).not.toHaveProperty('sustainablePerSec');
  });

  it('and are surer of a limit that only one port has', () => {
    const [pool] = FIREWALLS['a global limit of connections']!().filter(({ kind }) => kind === 'nat-pool');
    expect(pool).toMatchObject({ confidence: 'medium' });
    expect(pool?.text).toMatch(/to another port \(other-port\), [1-9]\d* of 300 failed or stalled$/);
  });

  it('and give an onset with the interval of what followed', () => {
    const [onset] = FIREWALLS['a SYN rate limit']!();
    expect(onset).toMatchObject({ kind: 'onset', confidence: 'high', from: '2025-01-31T06:00:04.000Z' });
    expect(onset?.text).toMatch(
      /^06:00:0\d to 06:01:00 UTC: clean for \d s and \d+ starts, then [\d,]+ of \d,\d{3} starts stalled \([\d.]+ % to [\d.]+ % with 95 % confidence\)$/,
    );
  });

  it('and lose confidence where this machine was the bottleneck', () => {
    const tally = new Tally();
    for (let second = 0; second < 40; second += 1) {
      const outage: Fates = (at) => (at >= 20 && at < 24 ? 'stall' : 'ok');
      const counts = countSecond(second, 100, outage);
      tally.add(frameOf(second, { stress: { ...counts, scheduled: 150, unsent: 50 } }));
    }
    const scenario = scenarioOf({ arms: [STRESS] });
    const { findings, verdict } = summarise({ run: RUN, scenario, tally, histograms: new Map() });
    expect(verdict.generatorLimited).toBe(true);
    expect(findings).toMatchObject([
      { kind: 'outage-phases', confidence: 'low' },
      { kind: 'onset', under: 'outage-phases', confidence: 'low' },
    ]);
  });
});

describe('stalls of one endpoint alone', () => {
  const arm = STRESS;
  function endpointsWith(stalled: readonly number[]): Finding[] {
    const tally = new Tally();
    const endpoints = Object.fromEntries(
      stalled.map((count, index) => [
        `10.0.0.${index + 1}:3128`,
        { started: 100, established: 100 - count, completed: 100 - count, stalled: count },
      ]),
    );
    const started = stalled.length * 100;
    const recovered = stalled.reduce((sum, count) => sum + count, 0);
    tally.add(
      frameOf(0, {
        stress: {
          scheduled: started,
          started,
          established: started,
          completed: started,
          recovered,
          endpoints,
        },
      }),
    );
    return summarise({ run: RUN, scenario: scenarioOf({ arms: [arm] }), tally, histograms: new Map() })
      .findings;
  }

  it('are said to be', () => {
    expect(endpointsWith([0, 40, 0])).toMatchObject([
      {
        ...{ kind: 'one-endpoint', arm: 'stress', confidence: 'high', endpoint: '10.0.0.2:3128', count: 40 },
        text: 'all 40 stalls were connections to 10.0.0.2:3128 (40 of 100 starts); none of 200 starts to the other 2 endpoints stalled',
      },
    ]);
  });

  it('are not where another had one too, nor where chance does it, nor where there is but one', () => {
    expect(endpointsWith([1, 40, 0])).toEqual([]);
    expect(endpointsWith([0, 4, 0])).toEqual([]);
    expect(endpointsWith([40])).toEqual([]);
  });
});

describe('a sweep without a single stall', () => {
  const judgeSweep = (nat: Nat | undefined) => {
    const tally = new Tally();
    const clear = { attempts: 40, stalled: 0 };
    const byReuseAge = { 1000: clear, 2000: clear, 3000: clear };
    tally.add(frameOf(0, { sweep: { ...countSecond(0, 120, clean), byReuseAge } }));
    const load = {
      kind: 'sweep',
      delaysUs: [sec(1), sec(2)],
      pairs: 60,
      ratePerSec: 10,
    } as unknown as Arm['load'];
    const scenario = scenarioOf({
      arms: [armOf({ name: 'sweep', load })],
      findings: ['reuse-band'],
      criteria: ['sweep.stalled.rate < 0.1%'],
    });
    return summarise({
      ...{ run: RUN, scenario, tally, histograms: new Map() },
      ...(nat === undefined ? {} : { nat }),
    });
  };

  it.each(['apart', 'reassigned'] as const)('passes nothing if its pairs cannot collide (%s)', (nat) => {
    const { verdict, findings } = judgeSweep(nat);
    expect(verdict).toMatchObject({ pass: null, criteria: [{ held: true }] });
    expect(verdict.reasons[0]).toMatch(/^nothing was measured: .* cannot collide$/);
    expect(findings).toMatchObject([
      { kind: 'reuse-band', confidence: 'none', text: expect.stringMatching(/^not measured/) },
    ]);
  });

  it.each(['unknown', undefined] as const)('passes with a doubt if no far side tells (%s)', (nat) => {
    const { verdict, findings } = judgeSweep(nat);
    expect(verdict.pass).toBe(true);
    expect(verdict.reasons).toEqual([expect.stringMatching(/^no far side reported which ports/)]);
    expect(findings).toMatchObject([{ text: expect.stringMatching(/this has measured nothing$/) }]);
  });

  it('passes without one if its pairs can collide', () => {
    expect(judgeSweep('preserved').verdict).toMatchObject({ pass: true, reasons: [] });
  });
});
