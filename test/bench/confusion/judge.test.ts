import { describe, expect, it } from 'vitest';
import { judge } from '../../../bench/confusion/judge.mjs';
import { renderReport, renderTable } from '../../../bench/confusion/table.mjs';
import { checkTargets } from '../../../bench/confusion/targets.mjs';
import type { Class } from '../../../bench/confusion/types.d.mts';
import type { CauseStatus, Diagnosis } from '../../../src/analysis/causes/diagnosis.ts';
import { entry } from './entries.ts';

const cause = (id: string, status: CauseStatus) => ({ id, status });

describe('what a diagnosis is worth', () => {
  it.each<[string, Diagnosis['verdict'], [string, CauseStatus][], string[], boolean, Class]>([
    ['the cause is named', 'named', [['loss', 'named']], ['loss'], false, 'right'],
    ['another is named', 'named', [['outage', 'named']], ['loss'], false, 'wrong'],
    [
      'the cause is named, and another',
      'named',
      [
        ['loss', 'named'],
        ['outage', 'named'],
      ],
      ['loss'],
      false,
      'wrong',
    ],
    [
      'another is named, and something is open',
      'cannot-tell',
      [
        ['outage', 'named'],
        ['loss', 'possible'],
      ],
      ['loss'],
      false,
      'wrong',
    ],
    [
      'it is a rival',
      'cannot-tell',
      [
        ['loss', 'possible'],
        ['outage', 'possible'],
      ],
      ['loss'],
      false,
      'rival',
    ],
    [
      'it is excluded',
      'cannot-tell',
      [
        ['loss', 'excluded'],
        ['outage', 'possible'],
      ],
      ['loss'],
      false,
      'no-rival',
    ],
    [
      'named, but something is open',
      'cannot-tell',
      [
        ['loss', 'named'],
        ['outage', 'possible'],
      ],
      ['loss'],
      false,
      'rival',
    ],
    [
      'one of two is named, the other open',
      'cannot-tell',
      [
        ['loss', 'named'],
        ['outage', 'possible'],
      ],
      ['loss', 'x'],
      true,
      'right',
    ],
    [
      'one of two is named, and another',
      'named',
      [
        ['loss', 'named'],
        ['outage', 'named'],
      ],
      ['loss', 'x'],
      true,
      'wrong',
    ],
    ['it is ill and called healthy', 'healthy', [], ['loss'], false, 'healthy'],
    ['it is healthy', 'healthy', [], [], false, 'right'],
    ['it is healthy and something is named', 'named', [['loss', 'named']], [], false, 'wrong'],
    ['it is healthy and called ill', 'cannot-tell', [['loss', 'possible']], [], false, 'no-rival'],
    ['the machine was the bottleneck', 'none', [], ['loss'], false, 'none'],
  ])('%s', (_, verdict, statuses, causes, isPair, expected) => {
    const causesSeen = statuses.map(([id, status]) => cause(id, status));
    expect(judge({ verdict, causes: causesSeen }, causes, isPair).class).toBe(expected);
  });

  it.each<[string, string[], number, Class]>([
    ['what keeps packets back has kept none', ['early-reuse', 'nat-ports'], 0, 'unshown'],
    ['it has kept one back', ['early-reuse'], 1, 'healthy'],
    ['it makes itself felt in other ways', ['reset-injected'], 0, 'healthy'],
    ['nothing is ill', [], 0, 'right'],
  ])('called healthy, where %s', (_, causes, resent, expected) => {
    expect(judge({ verdict: 'healthy', causes: [] }, causes, false, resent).class).toBe(expected);
  });
});

const many = (count: number, changes: Parameters<typeof entry>[0]) =>
  Array.from({ length: count }, (_, seed) => entry({ seed, ...changes }));

describe('the targets', () => {
  const missed = (entries: ReturnType<typeof many>) =>
    checkTargets(entries).flatMap(({ isMet, text }) => (isMet ? [] : [text]));

  it.each([
    [[...many(95, {}), ...many(5, { class: 'rival' })], []],
    [
      [...many(94, {}), ...many(6, { class: 'rival' })],
      [/near and far evidence: named right 94 of 100 \(94 %/],
    ],
    [[...many(80, { sides: 'near' }), ...many(20, { sides: 'near', class: 'rival' })], []],
    [[...many(8, { sides: 'near' }), ...many(9, { sides: 'near', class: 'unshown' })], []],
    [
      [...many(79, { sides: 'near' }), ...many(21, { sides: 'near', class: 'rival' })],
      [/near side alone: named right 79/],
    ],
    [
      [...many(99, { sides: 'near' }), ...many(1, { sides: 'near', class: 'none' })],
      [/true cause among the rivals: 1 of 100/],
    ],
    [[...many(99, {}), ...many(1, { class: 'wrong' })], [/named wrongly: 1 of 100/]],
    [
      [...many(9, { causes: [] }), ...many(1, { causes: [], class: 'no-rival' })],
      [/healthy called ill: 1 of 10/],
    ],
    [[...many(9, { causes: [] }), ...many(1, { causes: [], class: 'none' })], []],
    [many(3, { busy: 3, class: 'none' }), []],
    [
      many(1, { busy: 3, class: 'wrong' }),
      [/named wrongly: 1/, /named wrongly beside busy processes: 1 of 1/],
    ],
  ])('of case %#', (entries, expected) => {
    const texts = missed(entries);
    expect(texts).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(texts[index]).toMatch(pattern);
  });

  it('compares the attempts of cells that were tried with every kind of arm as well', () => {
    const of = (id: string, attempts: number, session: 'adaptive' | 'exhaustive' = 'adaptive') =>
      entry({ id, attempts, session });
    const chosen = [of('a #1', 300), of('b #1', 500), of('c #1', 900), of('d #1', 1)];
    const every = ['a #1', 'b #1', 'c #1'].map((id) => of(id, 1_000, 'exhaustive'));
    const told = (most: number) =>
      checkTargets([of('b #1', most), ...chosen.filter(({ id }) => id !== 'b #1')], every);
    expect(told(500).at(-1)).toEqual({
      isMet: true,
      text: 'attempts, of those of every kind of arm: 50 % in the median of 3 cells (wanted 50 % or fewer)',
    });
    expect(told(501).at(-1)?.isMet).toBe(false);
    expect(checkTargets(chosen).some(({ text }) => text.startsWith('attempts'))).toBe(false);
  });
});

describe('the table', () => {
  const entries = [
    ...many(3, {}),
    entry({ class: 'wrong', named: ['outage'] }),
    entry({ label: 'healthy', causes: [] }),
    entry({ label: 'latency+random-loss', class: 'rival' }),
    entry({ label: 'random-loss+syn-flood', class: 'right' }),
  ];

  it('has a row for each preset, one for all pairs, and one for all', () => {
    const rows = renderTable(entries).split('\n').slice(2);
    expect(rows).toEqual([
      '| `healthy` | none | 1 | 1 |  |  |  |  |  |  |',
      '| `random-loss` | loss | 4 | 3 |  |  | 1 |  |  |  |',
      '| two at once (2 pairs) |  | 2 | 1 | 1 |  |  |  |  |  |',
      '| all |  | 7 | 5 | 1 |  | 1 |  |  |  |',
    ]);
  });

  it('says of how many seeds it is, of which rules, and what was named wrongly', () => {
    const text = renderReport(entries, checkTargets(entries), { commit: 'c0ffee', rules: 'r1' });
    expect(text).toContain(
      '7 cells (adaptive session): 2 presets with 1 to 3 seeds each, 2 pairs with 1 seeds each.',
    );
    expect(text).toContain('Commit c0ffee, rules r1.');
    expect(text).toContain('- **missed**: named wrongly: 1 of 6');
    expect(text).toContain('- `random-loss:clients=2,loss=3%` (both): outage');
    expect(text).not.toContain('near side alone');
  });
});
