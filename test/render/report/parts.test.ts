import { describe, expect, it } from 'vitest';
import { packNumbers } from '../../../src/render/report/figure.ts';
import { embedJson, escapeHtml } from '../../../src/render/report/html.ts';
import { rollUp, stepOf, stretches } from '../../../src/render/report/over-time.ts';
import { quoteWord } from '../../../src/render/report/sections.ts';

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
