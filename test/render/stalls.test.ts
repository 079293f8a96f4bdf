import { describe, expect, it } from 'vitest';
import { renderStallTimeSeries } from '../../src/render/stalls.ts';
import { renderSummary } from '../../src/render/summary.ts';
import { armSummary, STALLING, summary } from './fixtures.ts';

const COURSE = {
  onset: { afterSec: 10, cleanStarts: 2_000 },
  stallSteps: {
    steps: [
      { atSec: 1, count: 188 },
      { atSec: 3, count: 6 },
    ],
    between: 2,
  },
  outages: {
    runs: [3.6, 19.6, 35.6, 51.6, 67.6].map((fromSec) => ({ fromSec, toSec: fromSec + 10 })),
    periodSec: 16,
  },
  byReuseAge: [
    { ageSec: 0.0909, attempts: 40, stalled: 0 },
    { ageSec: 0.5, attempts: 100, stalled: 0 },
    { ageSec: 1, attempts: 1_000, stalled: 450 },
    { ageSec: 1.47, attempts: 1_000, stalled: 550 },
    { ageSec: 10, attempts: 8, stalled: 8 },
    { ageSec: 64.9, attempts: 1_000, stalled: 1 },
  ],
};

describe('when and how stalls came', () => {
  it('is told in a line each, and by the age of ports in a table with bars', () => {
    expect(renderStallTimeSeries(armSummary(COURSE), 90).join('\n')).toMatchInlineSnapshot(`
      "onset       first stall 10 s after the first start, 2,000 clean starts before
      answered    188 at 1 s, 6 at 3 s (when this host retransmits its SYN), 2 at other times
      outages     5 runs: 3.6-13.6 s, 19.6-29.6 s, 35.6-45.6 s, 51.6-61.6 s and 1 more; one
                  every 16 s (median)
      reuse age from  attempts  stalled  share
              0.05 s        40        0    0 %
               0.5 s       100        0    0 %
                 1 s     2,000    1,000   50 %  ##########
                10 s         8        8  100 %  ####################
                50 s     1,000        1  0.1 %  #"
    `);
  });

  it('is left out where nothing is known or nothing happened', () => {
    expect(renderStallTimeSeries(armSummary(), 90)).toEqual([]);
    const clean = {
      onset: { afterSec: 0, cleanStarts: 0 },
      byReuseAge: [{ ageSec: 1, attempts: 500, stalled: 0 }],
    };
    expect(renderStallTimeSeries(armSummary(clean), 90)).toEqual([]);
  });

  it('names one outage without a period', () => {
    const outages = { runs: [{ fromSec: 1, toSec: 35.1 }], periodSec: null };
    expect(renderStallTimeSeries(armSummary({ outages }), 90)).toEqual(['outages     1 run: 1-35.1 s']);
  });

  it.each([72, 98])('keeps a summary within %d columns, in plain ASCII', (width) => {
    const text = renderSummary(summary({ arms: { stress: { ...STALLING, ...COURSE } } }), {
      colour: false,
      width,
    });
    const [, ...lines] = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
