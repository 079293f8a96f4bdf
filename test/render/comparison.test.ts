import { describe, expect, it } from 'vitest';
import type { Comparison, ComparisonLine } from '../../src/analysis/compare/types.ts';
import { renderComparison } from '../../src/render/comparison.ts';
import { renderComparisonMarkdown } from '../../src/render/comparison-markdown.ts';

function lineAt(changes: Partial<ComparisonLine> = {}): ComparisonLine {
  return {
    arm: 'stress',
    figure: 'stalled.rate',
    unit: 'share',
    before: 0.155,
    after: 0.001,
    difference: -0.154,
    ci95: [-0.2, -0.1],
    pAdjusted: 0.001,
    verdict: 'better',
    decides: true,
    smallestDifference: 0.05,
    ...changes,
  };
}

function comparisonOf(lines: readonly ComparisonLine[], changes: Partial<Comparison> = {}): Comparison {
  const run = { scenario: 'steady', startedAt: '2025-01-31T06:00:00.000Z', status: 'complete' } as const;
  return {
    schema: 1,
    verdict: 'better',
    sentence: 'Better: stress.stalled.rate 16 % -> 0.1 %.',
    generatorLimited: false,
    warnings: [],
    before: { runs: [{ ...run, id: 'one', name: 'one', label: 'timer *1* s' }] },
    after: { runs: [{ ...run, id: 'two', name: 'two', label: '' }] },
    units: 'seconds',
    longestBurstSec: 7,
    lines,
    failIf: [],
    ...changes,
  };
}

const LOOK = { colour: false, width: 120, all: false };
const QUIET = lineAt({
  figure: 'handshakeUs.p99',
  unit: 'us',
  ...{ before: 2_000, after: 2_000, difference: 0, ci95: [-3_000, null] },
  ...{ verdict: 'cannot tell', decides: false, smallestDifference: null },
});

describe('a comparison on the terminal', () => {
  it('leads with the verdict, and gives every figure its unit', () => {
    const text = renderComparison(comparisonOf([lineAt()]), LOOK);
    expect(text.split('\n').slice(0, 4)).toEqual([
      'BETTER: stress.stalled.rate 16 % -> 0.1 %.',
      '',
      'before      one (timer *1* s), 2025-01-31 06:00:00 UTC',
      'after       two, 2025-01-31 06:00:00 UTC',
    ]);
    expect(text).toContain('stalled.rate  15.5 %  0.1 %  -15.4 points  -20 points to -10 points  better\n');
    expect(text).toContain('They allow for bursts of stalls up to 7 s');
    const short = renderComparison(comparisonOf([lineAt()], { longestBurstSec: 0 }), LOOK);
    expect(short).not.toContain('0 s');
    expect(short.replace(/\s+/g, ' ')).toContain('too short to allow for bursts of stalls');
  });

  it('keeps lines that say nothing for --all', () => {
    const comparison = comparisonOf([lineAt(), QUIET]);
    expect(renderComparison(comparison, LOOK)).toContain('and 1 more line with --all');
    expect(renderComparison(comparison, { ...LOOK, all: true })).toContain(
      '-3.00 ms to any           cannot tell (no difference would have shown)',
    );
  });

  it('says how small a difference would have been seen, and why not', () => {
    const unsure = lineAt({ verdict: 'cannot tell', note: 'too short to tell how much it varies' });
    expect(renderComparison(comparisonOf([unsure]), LOOK).replace(/\s+/g, ' ')).toContain(
      'cannot tell (5 points would have shown; too short to tell how much it varies)',
    );
  });

  it('names every run of a side, what differs, and what --fail-if found', () => {
    const { before } = comparisonOf([]);
    const runs = [...before.runs, { ...before.runs[0]!, id: 'three', name: 'three' }];
    const text = renderComparison(
      comparisonOf([lineAt()], {
        before: { runs },
        units: 'runs',
        warnings: ['kernel differs: 6.1 and 6.12'],
        failIf: [{ text: 'stress.stalled.rate better', held: true }],
      }),
      LOOK,
    );
    expect(text).toContain('before      2 runs: one, three\n');
    expect(text).toContain('note        kernel differs: 6.1 and 6.12\n');
    expect(text).toContain('fail-if     stress.stalled.rate better: holds\n');
    expect(text).toContain('Intervals come from how runs differ among themselves.');
  });
});

describe('a comparison in Markdown', () => {
  it('is a table an arm, and leaves nothing of a label to be read as markup', () => {
    const text = renderComparisonMarkdown(comparisonOf([lineAt(), QUIET]), { all: false });
    expect(text).toContain('- before: `one` (timer \\*1\\* s), 2025-01-31 06:00:00 UTC');
    expect(text).toContain(
      '| stalled.rate | 15.5 % | 0.1 % | -15.4 points | -20 points to -10 points | **better** |',
    );
    expect(text).not.toContain('handshakeUs.p99');
    expect(renderComparisonMarkdown(comparisonOf([QUIET]), { all: true })).toContain(
      '| cannot tell: no difference would have shown |',
    );
  });
});
