import { describe, expect, it } from 'vitest';
import { chooseSoakRuns } from '../../../src/analysis/trend/choose-soak-runs.ts';
import { reduceRun } from '../../../src/analysis/trend/reduce-run.ts';
import { judgeTrend } from '../../../src/analysis/trend/trend.ts';
import type { SoakRun, Trend, TrendLine } from '../../../src/analysis/trend/types.ts';
import { summary } from '../../render/fixtures.ts';
import { armTimeSeries, factsOf, runOf } from '../compare/time-series.ts';
import { armOf, hold, scenarioOf } from '../parts.ts';
import { micros, nightOf, share, simulateNights } from './simulated-nights.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 2, 1, 30);

const judge = (nights: readonly SoakRun[], weekdays = false): Trend =>
  judgeTrend(nights, { timeZone: 'UTC', weekdays, notes: [] });

function lineOf({ lines }: Trend, figure: string): TrendLine {
  const line = lines.find((candidate) => candidate.figure === figure);
  if (line === undefined) throw new Error(`no line ${figure}`);
  return line;
}

/** Nights of one stall rate each, a day apart from 2 November 2026 on. */
function nightsOf(rates: readonly number[], facts: (index: number) => object = () => ({})): SoakRun[] {
  return rates.map((rate, index) => {
    const startedAt = new Date(START + index * DAY_MS).toISOString();
    const run = { ...summary().run, id: `n${index}`, startedAt, ...facts(index) };
    const figures = { 'stalled.rate': share('stalled.rate', 'stalls', 'low', rate, 50) };
    return nightOf(index, START + index * DAY_MS, figures, { run, ...facts(index) });
  });
}

const QUIET = [10, 12, 11, 9, 13, 12, 10, 11, 12, 9, 10, 13].map((rate) => rate / 10_000);

describe('a trend', () => {
  it('says after which night a figure changed, from what to what, and how sure that is', () => {
    const trend = judge(nightsOf([...QUIET, ...QUIET.map((rate) => rate + 0.002)]));
    const line = lineOf(trend, 'stalled.rate');
    expect(line).toMatchObject({ verdict: 'changed', worse: true, nights: 24 });
    expect(line.step).toMatchObject({ after: '2026-11-13', afterId: 'n11', probeChanged: [] });
    expect(line.step?.from).toBeCloseTo(0.0011, 9);
    expect(line.step?.difference).toBeCloseTo(0.002, 9);
    expect(line.sentence).toBe(
      'changed after 2026-11-13 (or after a night from 2026-11-11 to 2026-11-14): from 0.11 % to 0.31 % (95 % interval of the difference +0.19 points to +0.21 points)',
    );
    expect(trend.sentence).toBe('Worse in 24 nights of test: stress.stalled.rate worse after 2026-11-13.');
  });

  it('suspects the probe first where it was changed at the same time', () => {
    const nights = nightsOf([...QUIET, ...QUIET.map((rate) => rate + 0.002)], (index) => ({
      versions: { rushhour: index < 12 ? '0.1.0' : '0.2.0', node: '20.19.0' },
    }));
    const trend = judge(nights);
    expect(trend.probeChanges).toEqual([
      { id: 'n12', date: '2026-11-14', what: ['the versions of rushhour differ: 0.1.0 and 0.2.0'] },
    ]);
    expect(lineOf(trend, 'stalled.rate').sentence).toContain(
      'the probe changed at the same time, so suspect it first: the versions of rushhour differ: 0.1.0 and 0.2.0',
    );
  });

  it('tells a drift from a step, and says how fast it is', () => {
    const trend = judge(nightsOf([...QUIET, ...QUIET].map((rate, index) => rate + index * 0.0001)));
    const line = lineOf(trend, 'stalled.rate');
    expect(line).toMatchObject({ verdict: 'drifted', worse: true });
    expect(line.drift?.perWeek).toBeCloseTo(0.0007, 4);
    expect(line.sentence).toMatch(/^drifts: \+0\.07\d* points per week \(95 % interval \+0\.06/);
  });

  it('says how large a step would have been seen where none was', () => {
    const line = lineOf(judge(nightsOf([...QUIET, ...QUIET])), 'stalled.rate');
    expect(line.verdict).toBe('no change seen');
    expect(line.smallestStep).toBeGreaterThan(0.0001);
    expect(line.smallestStep).toBeLessThan(0.001);
    expect(line.sentence).toMatch(
      /^no change seen in 24 nights \(0\.11 %\); a step of 0\.\d+ points halfway through would have been seen$/,
    );
  });

  it('cannot tell with fewer than eight nights, and says how many it takes', () => {
    const trend = judge(nightsOf(QUIET.slice(0, 5)));
    expect([trend.verdict, trend.sentence]).toEqual([
      'cannot-tell',
      'Cannot tell: 5 nights of test, 8 are the minimum.',
    ]);
    expect(lineOf(trend, 'stalled.rate').sentence).toBe(
      'cannot tell yet: 5 nights count; at least 8 are needed, and 10 to tell a step from chance',
    );
  });

  it('shows generator-limited nights and short ones without counting them', () => {
    const limited = { generatorLimited: true, reasons: ['stress: 500 of 1000 attempts were unsent'] };
    const nights = nightsOf([...QUIET, 0.5, 0.4], (index) => (index === 12 ? limited : {})).map((night) =>
      night.facts.run.id === 'n13'
        ? {
            ...night,
            lengthSec: 60,
            facts: { ...night.facts, run: { ...night.facts.run, status: 'interrupted' as const } },
          }
        : night,
    );
    const trend = judge(nights);
    expect(trend.nights.slice(-2).map(({ leftOut }) => leftOut)).toEqual([
      'generator-limited: stress: 500 of 1000 attempts were unsent',
      'interrupted after 60 s, the others lasted 18000 s',
    ]);
    expect(lineOf(trend, 'stalled.rate').nights).toBe(12);
    expect(trend.sentence).toContain(
      '12 nights of test (2 more do not count: generator-limited, interrupted)',
    );
  });

  it('takes an outcome that a night does not name for none of it', () => {
    const nights = nightsOf([...QUIET]).map((night, index) => {
      const arm = night.arms.get('stress')!;
      const reset = share('outcomes.response-reset', 'aside', 'low', 0.01 + index / 1e5, 1);
      const figures = new Map([...arm.figures, ...(index < 6 ? [] : ([[reset.name, reset]] as const))]);
      return { ...night, arms: new Map([['stress', { ...arm, figures }]]) };
    });
    const line = lineOf(judge(nights), 'outcomes.response-reset');
    expect([line.nights, line.step?.from, line.step?.after]).toEqual([12, 0, '2026-11-07']);
  });

  it('calls no change that is too small to matter', () => {
    const nights = QUIET.map((rate, index) =>
      nightOf(index, START + index * DAY_MS, {
        'stalled.rate': share('stalled.rate', 'stalls', 'low', rate, 50),
        'handshakeUs.p50': micros('handshakeUs.p50', 300 + (index % 5) + (index < 6 ? 0 : 40)),
      }),
    );
    const trend = judge([...nights, ...shifted(nights, 12)]);
    const line = lineOf(trend, 'handshakeUs.p50');
    expect(line.verdict).toBe('no change seen');
  });

  it('has dates where the nights were, not in Greenwich', () => {
    const nights = nightsOf(QUIET.slice(0, 2), (index) => ({
      startedAt: new Date(Date.UTC(2026, 10, 6 + index, 23, 30)).toISOString(),
    }));
    const { nights: shown } = judgeTrend(nights, { timeZone: 'Europe/Berlin', weekdays: false, notes: [] });
    expect(shown[0]).toMatchObject({ id: 'n0', date: '2026-11-07', time: '00:30', weekend: true });
  });

  it('says where weekends differ, and sees more where they are kept apart', () => {
    const nights = simulateNights(28, 11, { weekend: 0.2, spread: 0.1 }, (index) => (index < 14 ? 1 : 2));
    const together = judge(nights);
    expect(together.notes.join()).toMatch(/^weekends differ from other nights in stress\.stalled\.rate/);
    const apart = lineOf(judge(nights, true), 'stalled.rate');
    expect(apart.verdict).toBe('changed');
    expect(apart.pAdjusted).toBeLessThan(lineOf(together, 'stalled.rate').pAdjusted);
  });
});

function shifted(nights: readonly SoakRun[], days: number): SoakRun[] {
  return nights.map((night) => {
    const startedAt = new Date(Date.parse(night.facts.run.startedAt) + days * DAY_MS).toISOString();
    return { ...night, facts: { ...night.facts, run: { ...night.facts.run, startedAt } } };
  });
}

describe('a night', () => {
  it('keeps the figures of a run with intervals that allow for bursts', () => {
    const started = new Array<number>(600).fill(100);
    const singly = started.map((_, second) => (second % 10 === 0 ? 1 : 0));
    const inBursts = started.map((_, second) => (second % 100 === 0 ? 10 : 0));
    const [even, bursty] = [singly, inBursts].map((stalled) =>
      reduceRun(runOf({ stress: armTimeSeries({ started, stalled }) }))
        .arms.get('stress')
        ?.figures.get('stalled.rate'),
    );
    expect([even?.value, bursty?.value]).toEqual([0.001, 0.001]);
    const width = ({ ci95: [low, high] }: { ci95: readonly [number | null, number | null] }) => high! - low!;
    expect(width(bursty!)).toBeGreaterThan(width(even!));
  });
});

describe('the choice of nights', () => {
  const run = (id: string, changes: Parameters<typeof factsOf>[0] = {}) => ({
    facts: factsOf({ run: { ...summary().run, id, startedAt: `2026-11-${id}T01:30:00.000Z` }, ...changes }),
  });
  const other = { scenario: scenarioOf({ name: 'other' }) };
  const faster = { scenario: scenarioOf({ arms: [armOf({ load: hold(20, 10) })] }) };

  it('takes the scenario that most runs are of, and the last so many', () => {
    const { runs, notes } = chooseSoakRuns([run('03'), run('01'), run('02', other), run('04')], {
      ...{ last: 2, named: false },
    });
    expect(runs.map(({ facts }) => facts.run.id)).toEqual(['03', '04']);
    expect(notes).toEqual(['most runs are of test; 1 of other left out (--scenario chooses)']);
  });

  it('leaves out those that ran at another rate, and says why', () => {
    const { runs, notes } = chooseSoakRuns([run('01'), run('02', faster), run('03')], {
      last: 30,
      named: false,
    });
    expect(runs).toHaveLength(2);
    expect(notes).toEqual([
      'left out 02, because they did something else: stress: the load differs: 10/s and 20/s',
    ]);
  });

  it('refuses runs of several scenarios that were named one by one', () => {
    expect(() => chooseSoakRuns([run('01'), run('02', other)], { last: 30, named: true })).toThrow(
      'these runs are of 2 scenarios: test, other',
    );
  });
});
