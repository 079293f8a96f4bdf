import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/analysis/compare/types.ts';
import { judgeTrend } from '../../src/analysis/trend/trend.ts';
import { renderAbFigures } from '../../src/render/ab-figures.ts';
import { renderTimeSeries } from '../../src/render/arm-time-series.ts';
import { renderChecks } from '../../src/render/checks.ts';
import { renderComparison } from '../../src/render/comparison.ts';
import { createPaint } from '../../src/render/paint.ts';
import { renderPlan } from '../../src/render/plan.ts';
import { renderProgress } from '../../src/render/progress.ts';
import { renderPruning } from '../../src/render/pruning.ts';
import { renderRuns } from '../../src/render/runs.ts';
import { renderScenarios } from '../../src/render/scenarios.ts';
import { shortenMiddle } from '../../src/render/shorten.ts';
import { renderSummary } from '../../src/render/summary.ts';
import { layOutTable } from '../../src/render/table.ts';
import { renderTrend } from '../../src/render/trend.ts';
import { listScenarios } from '../../src/scenario/catalog.ts';
import { histogramOf } from '../analysis/parts.ts';
import { simulateNights } from '../analysis/trend/simulated-nights.ts';
import { PROGRESS } from '../cli/fake-services.ts';
import { listing } from '../store/listings.ts';
import { armSummary, quantiles, STALLING, summary } from './fixtures.ts';

const WIDTHS = Array.from({ length: 161 }, (_, index) => 40 + index);
const LABEL = 'before: the timer of the outer firewall is 60 s, and of the inner one 1 s';
const ID = '20250131-060000-school-morning';

const shownSummary = summary({
  run: { ...summary().run, id: ID, label: LABEL },
  verdict: {
    pass: false,
    criteria: [
      { text: 'stress.handshakeUs.p99 < 5ms', value: 1_240, held: true },
      { text: 'stress.stalled.ratePerFrame.p99 < 0.1%', value: 0.002, held: false },
    ],
    generatorLimited: false,
    reasons: ['a reason of many words that goes on until it has to be broken somewhere'],
  },
  arms: {
    stress: {
      ...STALLING,
      phases: { challengeUs: quantiles(900), tunnelUs: quantiles(9_000) },
      byReuseAge: [{ ageSec: 1, attempts: 1_000, stalled: 450 }],
      outages: { runs: [{ fromSec: 3.6, toSec: 13.6 }], periodSec: 16 },
      ramp: { scheduled: 500, started: 500, unsent: 0, established: 500, completed: 500, stalled: 14 },
    },
    control: armSummary(),
  },
});

const trend = judgeTrend(
  simulateNights(14, 2, { spread: 0.1 }, (index) => (index < 7 ? 1 : 3)),
  { timeZone: 'UTC', weekdays: true, notes: ['most runs are of test; 3 of other scenarios left out'] },
);

const line = {
  arm: 'stress',
  figure: 'connectionsPerRequest',
  unit: 'share',
  before: 0.155,
  after: 0.001,
  difference: -0.154,
  ci95: [-0.2, -0.1],
  pAdjusted: 0.001,
  verdict: 'no difference seen',
  decides: true,
  smallestDifference: 0.05,
} as const;
const side = {
  runs: [
    {
      id: ID,
      name: ID,
      label: LABEL,
      scenario: 'steady',
      startedAt: '2025-01-31T06:00:00.000Z',
      status: 'complete',
    },
  ],
} as const;
const comparison: Comparison = {
  schema: 1,
  verdict: 'no difference seen',
  sentence: 'No difference seen: stress.connectionsPerRequest 16 % -> 0.1 %.',
  generatorLimited: false,
  warnings: ['net.ipv4.tcp_tw_reuse differs: 2 and 0'],
  before: side,
  after: side,
  units: 'seconds',
  longestBurstSec: 7,
  lines: [line, { ...line, figure: 'stalled.rate', verdict: 'better' }],
  failIf: [{ text: 'stress.connectionsPerRequest not better', held: true }],
};

const histogram = histogramOf(...Array.from({ length: 100 }, (_, at) => (at + 1) * 1_000));
const scenarios = await listScenarios([new URL('../../scenarios', import.meta.url).pathname]);
const runs = [
  listing(ID, { label: LABEL, note: 'for the ticket of the firewall’s maker', pass: false }),
  listing('20250131-070000-steady', { label: 'after', status: 'interrupted' }),
];
const checks = [
  {
    name: 'descriptors',
    level: 'fail',
    what: '1024 open files are allowed, 824 of them for connections; steady needs 3500, 9000 in an outage',
    why: 'Every connection is an open file, and a firewall that stalls holds them open for as long as it stalls.',
    mend: 'ulimit -n 20000',
  },
] as const;
const arm = {
  name: 'traffic',
  via: 'proxy',
  endpoints: ['192.0.2.200:3128', '192.0.2.201:3128'],
  target: 'http://www.example.org/?n={nonce}',
  peakPerSec: 500,
  attempts: 152_500,
  from: { addresses: ['192.0.2.1', '192.0.2.2'], ports: ['20000-20999'] },
} as const;

/** What each command prints, and what of it must be whole at any width. */
const SCREENS: readonly (readonly [
  name: string,
  render: (width: number) => string,
  whole: readonly string[],
])[] = [
  [
    'a summary',
    (width) => renderSummary(shownSummary, { colour: false, width }),
    ['FAIL  ', 'FAILED', 'held', '1 of 2 criteria did not hold', ID, '120 of 59,990', 'handshake-timeout'],
  ],
  [
    'what ab prints',
    (width) => renderAbFigures(armSummary(), { of: 'requests', histogram }, width, createPaint(false)),
    [
      '60,000 completed, 2,000/s',
      '9.00 MB received',
      '300 kB/s',
      '50 % 50.0 ms',
      '66 % 66.0 ms',
      '100 % 100 ms',
    ],
  ],
  [
    'the course of a run',
    (width) =>
      renderTimeSeries(shownSummary, new Map([['stress', Array.from({ length: 300 }, (_, at) => at)]]), {
        width,
        unicode: true,
      }),
    ['stress: stalled'],
  ],
  [
    'a list of runs',
    (width) => renderRuns(runs, width),
    [ID, 'FAIL', '20250131-070000-steady', 'interrupted', 'after'],
  ],
  [
    'what is pruned',
    (width) =>
      renderPruning({ remove: runs, spared: [{ run: runs[0]!, because: 'it has a note' }], left: [] }, width),
    [ID, 'FAIL', 'interrupted', 'it has a note'],
  ],
  [
    'a comparison',
    (width) => renderComparison(comparison, { colour: false, width, all: true }),
    ['NO DIFFERENCE SEEN', 'connectionsPerRequest', 'better', '-15.4 points', '15.5 %'],
  ],
  [
    'a trend',
    (width) => renderTrend(trend, { colour: false, width, all: true }),
    [trend.nights[0]!.date, 'stalled.rate changed', 'Arm stress'],
  ],
  [
    'checks',
    (width) => renderChecks(checks, { colour: false, width }),
    ['fail  ', '1 check failed', '-> ulimit -n 20000'],
  ],
  [
    'the scenarios',
    (width) => renderScenarios(scenarios, width),
    [...scenarios.map(({ name }) => name), '--proxy or --target'],
  ],
  [
    'a plan',
    (width) => renderPlan({ arms: [arm], durationUs: 310_000_000, engine: 'raw', workers: 1 }, [], width),
    ['traffic', '192.0.2.200:3128', 'http://www.example.org/?n={nonce}', '152,500', '20000-20999'],
  ],
  [
    'progress',
    (width) => renderProgress({ ...PROGRESS, stalled: 48 }, 30_000_000, width),
    ['29 s left', '500/s', 'stalled'],
  ],
];

/** What cannot be broken, a name or a path, beside the label that it belongs to. */
function isOneWord(text: string): boolean {
  return /^\s*(\w[\w ]{0,10} +)?\S+$/.test(text);
}

describe.each(SCREENS)('%s', (_name, render, whole) => {
  it('fits every width from 40 to 200 columns, and breaks no word', () => {
    const tooWide = WIDTHS.flatMap((width) =>
      render(width)
        .split('\n')
        .filter((text) => text.length > width && !isOneWord(text))
        .map((text) => ({ width, text })),
    );
    expect(tooWide).toEqual([]);
  });

  it('keeps verdict, status and figures whole', () => {
    const lost = WIDTHS.flatMap((width) => {
      // Sentences may be broken between words, and nowhere else.
      const text = render(width).replace(/\s+/g, ' ');
      return whole
        .map((part) => part.replace(/\s+/g, ' ').trim())
        .filter((part) => !text.includes(part))
        .map((part) => ({ width, part }));
    });
    expect(lost).toEqual([]);
  });
});

it('keeps the verdict of a list in one place at any width, whatever the label', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 200 }),
      fc.string({ maxLength: 300, unit: 'grapheme' }),
      (width, text) => {
        const label = text.replace(/\s+/g, ' ');
        const lines = renderRuns(
          [listing(ID, { label, pass: false }), listing(ID, { label: '' })],
          width,
        ).split('\n');
        const [failed, passed] = lines.filter((row) => row.startsWith(ID));
        expect(failed!.indexOf('FAIL')).toBe(passed!.indexOf('DONE'));
        for (const row of lines) expect([...row].length).toBeLessThanOrEqual(width);
      },
    ),
    { numRuns: 200, seed: 14 },
  );
});

it('never loses a cell of a table but those that are spare', () => {
  const cell = fc.stringMatching(/^[a-z0-9.%]{1,18}$/);
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 200 }),
      fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 5 }),
      (width, rows) => {
        const columns = [
          { title: 'name', align: 'left' },
          { title: 'figure', align: 'right' },
          { title: 'verdict', align: 'left', leads: true },
          { title: 'size', align: 'right', spare: 1 },
        ] as const;
        const laidOut = layOutTable(columns, rows, width).rows;
        for (const [index, [name, figure, verdict]] of rows.entries()) {
          const text = laidOut[index]!.join(' ');
          for (const part of [name, figure, verdict]) expect(text).toContain(part);
          for (const row of laidOut[index]!) expect(row.length).toBeLessThanOrEqual(width);
        }
      },
    ),
    { numRuns: 200, seed: 14 },
  );
});

it('shortens in the middle, and no character by half', () => {
  expect(shortenMiddle('before: one SYN in 50 lost', 13)).toBe('before…0 lost');
  expect(shortenMiddle('🦊🦊🦊🦊', 3)).toBe('🦊…🦊');
  expect(shortenMiddle('ab', 1)).toBe('…');
  expect(shortenMiddle('ab', 2)).toBe('ab');
});
