import { beforeAll, expect, it } from 'vitest';
import { chanceOfAtLeast } from '../../src/analysis/binomial.ts';
import type { Summary } from '../../src/analysis/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { measureIn } from './measure.ts';

const LOSS = 0.01;

/** Chance alone may be blamed for what it does once in ten thousand runs. */
const LUCK = 1e-4;

suiteNeeding('a path that loses one packet in a hundred', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  let recycled: Summary;
  let spread: Summary;

  beforeAll(async () => {
    [recycled, spread] = await Promise.all([
      measureIn('random-loss:1%', 'nat-recycle', '--duration', '20s'),
      measureIn('random-loss:1%', 'loss-check', '--duration', '20s', '--rate', '200/s'),
    ]);
  });

  it.each(['stress', 'reset-control'])('stalls in the arm %s as often as it loses', (name) => {
    expectLoss(recycled, name);
  });

  it.each(['spread', 'connect'])('stalls in loss-check’s arm %s just as often', (name) => {
    expectLoss(spread, name);
  });

  it('is told from early reuse: there is no band', () => {
    const sure = recycled.findings.filter(({ confidence }) => confidence === 'high');
    // What is lost after the handshake is seen for what it is, and nothing else is.
    expect([...new Set(sure.map(({ kind }) => kind))]).toEqual(['requests-resent']);
  });
});

/** Neither more nor fewer than 1 % would have it. */
function expectLoss(summary: Summary, name: string): void {
  const { started, stalled } = summary.arms[name]!;
  expect(started).toBeGreaterThan(1_900);
  expect(chanceOfAtLeast(stalled.count, started, LOSS)).toBeGreaterThan(LUCK);
  expect(1 - chanceOfAtLeast(stalled.count + 1, started, LOSS)).toBeGreaterThan(LUCK);
}
