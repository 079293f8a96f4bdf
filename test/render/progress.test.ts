import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../src/outcome/outcome.ts';
import { OUTCOME_TEXT } from '../../src/render/outcome-text.ts';
import { renderPlan } from '../../src/render/plan.ts';
import { renderProgress } from '../../src/render/progress.ts';
import { shortenMiddle } from '../../src/render/shorten.ts';
import { renderTable, wrap } from '../../src/render/table.ts';
import type { Progress, RunPlan } from '../../src/session/types.ts';
import { NOTHING, quantiles } from './fixtures.ts';

const progress: Progress = {
  elapsedUs: 12_000_000,
  fractionDone: 0.4,
  draining: false,
  open: 41,
  startedPerSec: 2_000,
  started: 24_000,
  established: 23_990,
  completed: 23_900,
  unsent: 5,
  stalled: 48,
  healed: 2,
  failed: 0,
  handshakeUs: quantiles(310),
};

describe('renderProgress', () => {
  it('tells the time left, rates, stalls and what is open in one line', () => {
    expect(renderProgress(progress, 30_000_000, 200)).toBe(
      '18 s left | 2,000/s | 23,990 established | 48 stalled (0.2 %) | handshake p50 310 us p99 1.24 ms | 5 unsent | 41 open',
    );
  });

  it('tells how much is done where no time bounds the run', () => {
    expect(renderProgress(progress, undefined, 200)).toMatch(/^40 % in 12 s \|/);
    expect(renderProgress({ ...progress, fractionDone: undefined }, undefined, 200)).toMatch(/^12 s \|/);
  });

  it('says that it drains, names failures, and has no latency before the first handshake', () => {
    const line = renderProgress(
      { ...progress, draining: true, failed: 3, handshakeUs: NOTHING },
      30_000_000,
      200,
    );
    expect(line).toMatch(/^draining \|/);
    expect(line).toContain('| 3 failed |');
    expect(line).not.toContain('handshake');
  });

  it('has no share of nothing', () => {
    expect(renderProgress({ ...progress, started: 0, stalled: 0 }, undefined, 200)).toContain(
      '0 stalled (0 %)',
    );
  });

  it('is shorter on a terminal of 80 columns, and leaves out what does not fit even then', () => {
    expect(renderProgress(progress, 30_000_000, 79)).toBe(
      '18 s left 2,000/s stalled 48 (0.2 %) est 23,990 unsent 5 p50/99 310 us/1.24 ms',
    );
    expect(renderProgress(progress, 30_000_000, 30)).toBe('18 s left 2,000/s est 23,990');
  });
});

describe('renderPlan', () => {
  it('names every address before load starts', () => {
    const plan: RunPlan = {
      id: 'x',
      dir: 'results/x',
      engine: 'raw',
      readsTcpInfo: true,
      workers: 1,
      durationUs: 30_000_000,
      arms: [
        {
          name: 'stress',
          via: 'proxy',
          endpoints: ['10.0.0.5:3128', '10.0.0.6:3128'],
          target: 'http://origin.test/',
          peakPerSec: 2_000,
          attempts: 60_000,
        },
        {
          name: 'probe',
          via: 'tcp',
          endpoints: ['10.0.0.7:9'],
          target: '10.0.0.7:9',
          peakPerSec: undefined,
          attempts: undefined,
          client: 'windows-11 but ttl 60',
        },
      ],
    };
    expect(renderPlan(plan)).toMatchInlineSnapshot(`
      "About to connect for 30 s (raw engine, 1 worker):
        stress  to proxy 10.0.0.5:3128, 10.0.0.6:3128 for http://origin.test/  up to 2,000/s, 60,000 attempts
        probe   to 10.0.0.7:9, handshakes only, as windows-11 but ttl 60       as fast as possible
      "
    `);
  });
});

describe('the time that a plan names for what is resumed', () => {
  const headOf = (fromUs: number): string =>
    renderPlan({ id: 'x', engine: 'raw', workers: 1, durationUs: 9_000_000, fromUs, arms: [] }).trimEnd();

  it('is the rest, if any is left', () => {
    expect(headOf(2_000_000)).toBe('Resuming x for 7 s (raw engine, 1 worker):');
    expect(headOf(12_000_000)).toBe(
      'Resuming x only to finish its summary, as its time is over (raw engine, 1 worker):',
    );
  });
});

describe('where a plan says that connections come from', () => {
  const arm: RunPlan['arms'][number] = {
    name: 'stress',
    via: 'tcp',
    endpoints: ['10.0.0.5:80'],
    target: '10.0.0.5:80',
    peakPerSec: 9.8,
    attempts: 960,
  };
  const linesOf = (more: Partial<RunPlan['arms'][number]>): string[] =>
    renderPlan({ engine: 'raw', workers: 1, durationUs: 98_000_000, arms: [{ ...arm, ...more }] })
      .trimEnd()
      .split('\n')
      .slice(1);

  it('counts addresses and names port ranges, on a line of their own', () => {
    const from = { addresses: ['10.10.1.1', '10.10.1.2', '10.10.1.3'], ports: ['20000-20999'] };
    expect(linesOf({ from })).toEqual([
      '  stress  to 10.0.0.5:80, handshakes only                        up to 9.8/s, 960 attempts',
      '          from 10.10.1.1 and 2 others, source ports 20000-20999',
    ]);
    expect(linesOf({})).toEqual(['  stress  to 10.0.0.5:80, handshakes only  up to 9.8/s, 960 attempts']);
  });

  it('leaves out the smaller pieces of a range that is in many', () => {
    const ports = ['20000-20100', '20102-20200', '20202-20300', '20302-20400', '20402-20500'];
    expect(linesOf({ from: { addresses: ['10.0.0.1'], ports } })[1]?.trim()).toBe(
      'from 10.0.0.1, source ports 20000-20100, 20102-20200, 20202-20300 and 2 more ranges',
    );
  });

  it('says where the system chooses', () => {
    expect(linesOf({ from: { addresses: ['10.0.0.1'] } })[1]?.trim()).toBe(
      'from 10.0.0.1, on ports that the system chooses',
    );
  });

  it('gives the delays and pairs of a sweep', () => {
    const sweep = { delays: 40, shortestUs: 300_000, longestUs: 70_000_000, pairs: 12 };
    expect(linesOf({ sweep })[0]).toContain(
      'up to 9.8/s, 960 attempts: 12 pairs at each of 40 delays from 300 ms to 70.0 s',
    );
    expect(linesOf({ sweep: { delays: 1, shortestUs: 300_000, longestUs: 300_000, pairs: 1 } })[0]).toContain(
      ': 1 pair at 300 ms',
    );
  });
});

describe('tables and lines', () => {
  it('aligns columns and cuts the last', () => {
    const columns = [
      { title: 'name', align: 'left' },
      { title: 'n', align: 'right' },
    ] as const;
    expect(
      renderTable(columns, [
        ['a', '10'],
        ['bcdef', '2'],
      ]),
    ).toEqual(['name    n', 'a      10', 'bcdef   2']);
    expect(shortenMiddle('abcdefgh', 6)).toBe('abc…gh');
  });

  it('breaks a sentence at spaces and never inside a word', () => {
    expect(wrap('one two threefourfive six', 8)).toEqual(['one two', 'threefourfive', 'six']);
    expect(wrap('', 8)).toEqual(['']);
  });
});

describe('figures in a sentence', () => {
  it('stay with their units', () => {
    expect(wrap('between 0.1 % and 95 % or 12 ms, say', 12)).toEqual([
      'between',
      '0.1 % and',
      '95 % or',
      '12 ms, say',
    ]);
  });
});

describe('OUTCOME_TEXT', () => {
  it('explains every outcome, each in its own words', () => {
    expect(Object.keys(OUTCOME_TEXT)).toEqual(OUTCOMES);
    expect(new Set(Object.values(OUTCOME_TEXT)).size).toBe(OUTCOMES.length);
  });
});
