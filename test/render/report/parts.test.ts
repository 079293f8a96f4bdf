import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/analysis/run-detail.ts';
import type { ArmSummary } from '../../../src/analysis/types.ts';
import { answersSection, namesSection } from '../../../src/render/report/answers-section.ts';
import { packNumbers } from '../../../src/render/report/figure.ts';
import { holdsSection } from '../../../src/render/report/holds-section.ts';
import { embedJson, escapeHtml } from '../../../src/render/report/html.ts';
import { rollUp, stepOf, stretches } from '../../../src/render/report/over-time.ts';
import { quoteWord } from '../../../src/render/report/sections.ts';
import type { Side } from '../../../src/render/report/sides.ts';
import { armSummary, summary } from '../fixtures.ts';

const sideOf = (name: Side['name'], over: Partial<ArmSummary>): Side => {
  const detail = { stalled: [], outcomes: new Map(), ramping: [] };
  const run = {
    summary: summary({ arms: { stress: armSummary(over) } }),
    arms: new Map([['stress', detail]]),
  };
  return { name, run: run as unknown as RunDetail };
};

describe('answers by status', () => {
  it('are a row each, with their share', () => {
    const html = answersSection([
      sideOf('before', { statuses: { '200': 3, '503': 1 }, tunnelStatuses: { '403': 2 } }),
      sideOf('after', { statuses: { '200': 5 }, tunnelStatuses: {} }),
    ]);
    const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
    );
    expect(rows.slice(1)).toEqual([
      ['before: stress', 'CONNECT', '403', '2', '100 %'],
      ['before: stress', 'request', '200', '3', '75 %'],
      ['before: stress', 'request', '503', '1', '25 %'],
      ['after: stress', 'request', '200', '5', '100 %'],
    ]);
  });

  it('have no section where there were none', () => {
    expect(answersSection([sideOf('', { statuses: {}, tunnelStatuses: {} })])).toBe('');
    expect(namesSection([sideOf('', { refusals: {}, errorNames: {} })])).toBe('');
  });

  it('are followed by what was said in refusal, which nobody can make into markup', () => {
    const html = namesSection([
      sideOf('', { refusals: { RST: 1 }, errorNames: { '<b>': 2 }, schemesOffered: { NTLM: 3 } }),
    ]);
    for (const cells of ['refused by</td><td>RST', 'proxy error</td><td>&lt;b&gt;', 'offered</td><td>NTLM'])
      expect(html.replaceAll(/<td[^>]*>/g, '<td>')).toContain(cells);
  });
});

describe('held connections', () => {
  it('have a line for each age at which they were asked, and one for those that were cut before', () => {
    const cuts = { FIN: 2, silence: 3, RST: 1 };
    const proofs = [
      { ageSec: 30, alive: 4, cuts: {} },
      { ageSec: 60, alive: 1, cuts: { silence: 3 } },
    ];
    const html = holdsSection([sideOf('', { cuts, proofs })]);
    const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
    );
    expect(rows).toEqual([
      ['arm', 'checked at an age of', 'lived', 'share', 'cut: silence', 'cut: RST', 'cut: FIN', 'cut: other'],
      ['stress', 'before that', '-', '-', '0', '1', '2', '0'],
      ['stress', '30 s', '4', '100 %', '0', '0', '0', '0'],
      ['stress', '60 s', '1', '25 %', '3', '0', '0', '0'],
    ]);
  });

  it('have no section where none was asked or cut, or the run is from before that was counted', () => {
    expect(holdsSection([sideOf('', { cuts: {} })])).toBe('');
    expect(holdsSection([sideOf('', {})])).toBe('');
  });
});

describe('text in a report', () => {
  it('is never markup', () => {
    expect(escapeHtml(`<b a="1" c='2'>&`)).toBe('&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;');
  });

  it('as JSON cannot end its script element, and reads back as it was', () => {
    const value = { label: '</script><!-- \u2028 & é' };
    const text = embedJson(value);
    expect(text).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(text)).toEqual(value);
  });

  it('as a command line is taken by a shell as it was', () => {
    expect(quoteWord('--rate=100/s')).toBe('--rate=100/s');
    expect(quoteWord("it's $HOME")).toBe(`'it'\\''s $HOME'`);
  });
});

describe('a course over time', () => {
  it('is packed with its zeros counted', () => {
    expect(packNumbers([0, 0, 0, 5, null, 0, 1])).toEqual([-3, 5, null, -1, 1]);
  });

  it('has a point a second for an hour, and fewer for longer', () => {
    expect([stepOf(3_600), stepOf(3_601), stepOf(28_800)]).toEqual([1, 2, 8]);
  });

  it('keeps the worst of each stretch', () => {
    expect(rollUp([0, 9, 0, 1, 2], 2, 'highest')).toEqual([9, 1, 2]);
    expect(rollUp([5, 0, 5, 4, 5], 2, 'lowest')).toEqual([0, 4, 5]);
  });

  it('names the stretches in which something was so', () => {
    expect(stretches([true, true, false, true])).toEqual([
      { from: 0, to: 2 },
      { from: 3, to: 4 },
    ]);
  });
});
