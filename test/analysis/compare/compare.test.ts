import { describe, expect, it } from 'vitest';
import type { SimulatedRun } from '../../../bench/clustered.mjs';
import { compareRuns } from '../../../src/analysis/compare/compare.ts';
import { judgeFailIf, parseFailIf } from '../../../src/analysis/compare/fail-if.ts';
import { armTimeSeries, compareSimulated, lineOf, runOf } from './time-series.ts';

/** So many starts a second, of which the first seconds' stall by the list and then nothing. */
function course(seconds: number, perSec: number, stalled: readonly number[] = []): SimulatedRun {
  return {
    started: new Array(seconds).fill(perSec),
    stalled: Array.from({ length: seconds }, (_, second) => stalled[second] ?? 0),
  };
}

/** A few stalls in every second. */
function evenly(seconds: number, perSec: number, each: number): SimulatedRun {
  return course(
    seconds,
    perSec,
    Array.from({ length: seconds }, (_, second) => each + ((second * 7) % 3) - 1),
  );
}

describe('a comparison', () => {
  it('says better, by how much and how surely, where stalls are gone', () => {
    const comparison = compareSimulated([evenly(60, 100, 5)], [course(60, 100)]);
    const line = lineOf(comparison, 'stalled.rate');
    expect(comparison.verdict).toBe('better');
    expect(comparison.sentence).toBe(
      'Better: stress.stalled.rate 5 % -> 0 %, stress.completedShare 95 % -> 100 %.',
    );
    expect(line).toMatchObject({
      before: 0.05,
      after: 0,
      difference: -0.05,
      verdict: 'better',
      decides: true,
    });
    expect(line.ci95[1]).toBeLessThan(0);
    expect(line.pAdjusted).toBeLessThan(0.001);
  });

  it('says worse the other way round', () => {
    const comparison = compareSimulated([course(60, 100)], [evenly(60, 100, 5)]);
    expect(comparison.verdict).toBe('worse');
    expect(lineOf(comparison, 'completedShare').verdict).toBe('worse');
  });

  it('does not take one burst for a change, however many attempts it held', () => {
    const burst = course(120, 100, [...new Array(40).fill(0), ...new Array(8).fill(60)]);
    const comparison = compareSimulated([burst], [course(120, 100)]);
    // 480 of 12,000 against none: of independent attempts one in 10^100.
    expect(lineOf(comparison, 'stalled.rate').before).toBeCloseTo(0.04, 10);
    expect(comparison.verdict).toBe('cannot tell');
  });

  it('sees no difference between clean runs, and says how small a one it would have seen', () => {
    const comparison = compareSimulated([course(10, 500)], [course(10, 500)]);
    const line = lineOf(comparison, 'stalled.rate');
    expect(line.verdict).toBe('no difference seen');
    // About 8 of 5,000 (rule of three, squared up to 80 % power).
    expect(line.smallestDifference).toBeGreaterThan(0.0015);
    expect(line.smallestDifference).toBeLessThan(0.004);
    expect(comparison.sentence).toMatch(
      /^No difference seen in stalls: in stress, one of 0\.\d+ points or more/,
    );
  });

  it('cannot tell by a few attempts, nor by a few seconds', () => {
    const few = compareSimulated([course(10, 2)], [course(10, 2)]);
    expect(few.verdict).toBe('cannot tell');
    expect(lineOf(few, 'stalled.rate').smallestDifference).toBeGreaterThan(0.2);
    const short = lineOf(compareSimulated([course(5, 500)], [course(5, 500)]), 'stalled.rate');
    expect(short).toMatchObject({ verdict: 'cannot tell', ci95: [null, null], smallestDifference: null });
    expect(short.note).toBe('too short to tell how much it varies');
  });

  it('takes runs for units from three a side on, and warns of fewer', () => {
    const clean = course(30, 100);
    const three = compareSimulated([clean, clean, clean], [clean, clean, clean]);
    expect([three.units, three.warnings]).toEqual(['runs', []]);
    const two = compareSimulated([clean, clean], [clean, clean]);
    expect(two.units).toBe('seconds');
    expect(two.warnings[0]).toContain('with 3 or more a side');
  });

  it('says nothing of what was tested where a run was generator-limited', () => {
    const arm = { stress: armTimeSeries(evenly(60, 100, 5)) };
    const limited = { generatorLimited: true, reasons: ['stress: 90 of 600 attempts were unsent'] };
    const comparison = compareRuns([runOf(arm)], [runOf(arm, 'after', limited)]);
    expect(comparison).toMatchObject({ verdict: 'none', generatorLimited: true });
    expect(comparison.warnings).toEqual([
      'after was generator-limited: stress: 90 of 600 attempts were unsent',
    ]);
  });

  it('uses interrupted runs, and says so', () => {
    const { facts, arms } = runOf({ stress: armTimeSeries(course(30, 100)) }, 'after');
    const after = { facts: { ...facts, run: { ...facts.run, status: 'interrupted' as const } }, arms };
    const comparison = compareRuns([runOf({ stress: armTimeSeries(course(30, 100)) })], [after]);
    expect(comparison.verdict).toBe('no difference seen');
    expect(comparison.warnings).toContain('after was interrupted: what it recorded counts');
  });

  it('compares outcomes that came up, and connections per request where they were counted', () => {
    const counts = {
      'outcomes.response-timeout': new Array(60).fill(3),
      requests: new Array(60).fill(50),
    };
    const after = { ...counts, 'outcomes.response-timeout': [], requests: new Array(60).fill(100) };
    const comparison = compareRuns(
      [runOf({ stress: armTimeSeries(course(60, 100), counts) })],
      [runOf({ stress: armTimeSeries(course(60, 100), after) }, 'after')],
    );
    expect(lineOf(comparison, 'outcomes.response-timeout')).toMatchObject({
      before: 0.03,
      verdict: 'better',
    });
    expect(lineOf(comparison, 'connectionsPerRequest')).toMatchObject({
      before: 2,
      after: 1,
      verdict: 'better',
    });
    expect(comparison.lines.map(({ figure }) => figure)).toEqual([
      'stalled.rate',
      'frozen.rate',
      'completedShare',
      'outcomes.response-timeout',
      'connectionsPerRequest',
      'achievedPerSec',
    ]);
    // None of these decides.
    expect(comparison.verdict).toBe('no difference seen');
    expect(comparison.sentence).toContain('Besides: stress.outcomes.response-timeout better');
  });

  it('compares statuses by their share of the answers, but for those that are as they should be', () => {
    const statuses = (of503: number, of404: number) => ({
      'statuses.200': new Array(60).fill(100 - of503 - of404),
      'statuses.503': new Array(60).fill(of503),
      'statuses.404': new Array(60).fill(of404),
      'statuses.407': new Array(60).fill(100),
      'statuses.*': new Array(60).fill(200),
    });
    const run = (of503: number, of404: number, ownStatuses: number[]) =>
      runOf({ stress: { ...armTimeSeries(course(60, 100), statuses(of503, of404)), ownStatuses } });
    const comparison = compareRuns([run(10, 0, [404, 407])], [run(0, 20, [404, 407])]);
    expect(comparison.lines.filter(({ figure }) => figure.startsWith('statuses'))).toMatchObject([
      { figure: 'statuses.503', before: 0.05, after: 0, verdict: 'better', decides: false },
    ]);
    const judged = judgeFailIf(
      comparison,
      ['stress.statuses.503 better', 'stress.statuses.502 worse', '*.tunnelStatuses.403 not worse'].map(
        parseFailIf,
      ),
    );
    expect(judged.failIf.map(({ held }) => held)).toEqual([true, false, true]);
    expect(() => judgeFailIf(comparison, [parseFailIf('stress.statuses.5O2 worse')])).toThrow('no such line');
  });

  it('takes a rate that differs by less than 1 % for the same', () => {
    const rate = (perSec: number) =>
      lineOf(compareSimulated([course(60, 1_000)], [course(60, perSec)]), 'achievedPerSec').verdict;
    expect([rate(995), rate(900)]).toEqual(['no difference seen', 'worse']);
  });
});

describe('--fail-if', () => {
  const comparison = compareSimulated([evenly(60, 100, 5)], [course(60, 100)]);
  const judge = (...texts: string[]) =>
    judgeFailIf(comparison, texts.map(parseFailIf)).failIf.map(({ held }) => held);

  it('holds a verdict against a line, or against any arm', () => {
    expect(
      judge(
        'stress.stalled.rate better',
        'stress.stalled.rate worse',
        'stress.stalled.rate not better',
        '*.stalled.rate not worse',
        'stress.outcomes.handshake-refused worse',
      ),
    ).toEqual([true, false, false, true, false]);
  });

  it('is bad usage where there is no such verdict or line', () => {
    for (const text of ['stress.stalled.rate', 'stress.stalled.rate gone', 'worse']) {
      expect(() => parseFailIf(text)).toThrow('is not a condition');
    }
    expect(() => judge('stres.stalled.rate worse')).toThrow('there is no such line');
  });
});
