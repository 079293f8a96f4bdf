import { describe, expect, it } from 'vitest';
import { judgeTrend } from '../../src/analysis/trend/trend.ts';
import type { Trend } from '../../src/analysis/trend/types.ts';
import { renderTrend } from '../../src/render/trend.ts';
import { simulateNights } from '../analysis/trend/simulated-nights.ts';

const trend: Trend = {
  ...judgeTrend(
    simulateNights(14, 2, { spread: 0.1 }, (index) => (index < 7 ? 1 : 3)),
    { timeZone: 'UTC', weekdays: false, notes: ['most runs are of test'] },
  ),
  probeChanges: [{ id: 'night-7', date: '2026-10-12', what: ['kernel differs: 6.1 and 6.12'] }],
  failIf: [{ text: '*.stalled.rate worse', held: true, note: '' }],
};

const render = (width: number, changes: Partial<Trend> = {}): string =>
  renderTrend({ ...trend, ...changes }, { colour: false, width, all: false });

describe('a trend as text', () => {
  it('has a row a night, a line of stalls, and a verdict with its reasons', () => {
    const text = render(100);
    const [first = ''] = text.split('\n');
    expect(first).toMatch(/^Worse in 14 nights of test: stress\.stalled\.rate worse after 2026-10-\d\d/);
    expect(text).toMatch(/^Arm stress +length +started +stalled +95 % interval +frozen +p50 +p99 +not ok$/m);
    expect(text.match(/^2026-10-\d\d .* 5 h +200\/s +0\.\d+ % +0\.\d+-0\.\d+ % /gm)).toHaveLength(14);
    expect(text).toMatch(/^stalled {5}[▁▂▃▄]+[▅▆▇█▄]+$/m);
    expect(text).toMatch(/^stalled\.rate changed after 2026-10-\d\d/m);
    expect(text).toMatch(/^and \d more figures without a change \(--all\)$/m);
    expect(text).toContain('fail-if     *.stalled.rate worse: holds\n');
  });

  it('marks nights whose probe was another, and says what was', () => {
    const text = render(100);
    expect(text.match(/^2026-10-\d\d +! /gm)).toHaveLength(1);
    expect(text).toMatch(/^! probe +2026-10-12: kernel differs: 6\.1 and 6\.12$/m);
  });

  it('shows nights that do not count, with the reason', () => {
    const nights = trend.nights.map((night, index) =>
      index === 3
        ? { ...night, leftOut: 'generator-limited: starts were late', generatorLimited: true }
        : night,
    );
    const text = render(100, { nights });
    expect(text).toContain(`- left out  ${nights[3]?.date}: generator-limited: starts were late`);
    expect(text.match(/^2026-10-\d\d +- /gm)).toHaveLength(1);
  });

  it.each([72, 80, 100])('fits %i columns', (width) => {
    const longest = Math.max(
      ...render(width)
        .split('\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(width);
  });

  it('drops what matters least from a narrow terminal', () => {
    const text = render(80);
    expect(text).toMatch(/^Arm stress +started +stalled +95 % interval +p50 +p99 +not ok$/m);
  });

  it('tells two nights of one day apart by their time', () => {
    const [night] = trend.nights;
    const nights = [night!, { ...night!, id: 'again', time: '13:30' }];
    expect(render(100, { nights })).toMatch(/^2026-\d\d-\d\d 01:30 .*\n2026-\d\d-\d\d 13:30 /m);
  });
});
