import { describe, expect, it } from 'vitest';
import { findOnset } from '../../../src/analysis/findings/onset.ts';
import { findOutagePhases } from '../../../src/analysis/findings/outage-phases.ts';
import type { SeriesTally } from '../../../src/analysis/tally.ts';
import { emptyCounts } from '../../../src/metrics/counts.ts';

/** One character a second: `.` clean, `x` all stalled, `1`-`9` so many of 100. */
function seconds(picture: string): SeriesTally {
  const stalledOf = (mark: string): number => (mark === '.' ? 0 : mark === 'x' ? 100 : Number(mark));
  const bySecond = new Map(
    [...picture].map((mark, second) => [
      second,
      { scheduled: 100, started: 100, unsent: 0, failed: 0, stalled: stalledOf(mark) },
    ]),
  );
  return { counts: emptyCounts(), bySecond };
}

describe('outages in phases', () => {
  it('have the lengths of the outages and of what lies between them', () => {
    expect(findOutagePhases('a', seconds('.....xxxxxxxx....xxxxxxxx....xxxxxxxx....'))).toMatchObject([
      { kind: 'outage-phases', confidence: 'high', onSec: 8, offSec: 4, count: 3 },
    ]);
  });

  it('are an incident, not a rhythm, where there was one', () => {
    expect(findOutagePhases('a', seconds('.......xxxxx.......'))).toMatchObject([
      { confidence: 'low', onSec: 5 },
    ]);
  });

  it('are not seen in scattered loss, nor in an outage that the run began or ended with', () => {
    expect(findOutagePhases('a', seconds('.1..2..1.3..1'))).toEqual([]);
    expect(findOutagePhases('a', seconds('xxxx....'))).toEqual([]);
    expect(findOutagePhases('a', seconds('....xxxx'))).toEqual([]);
  });
});

describe('the onset of stalls', () => {
  it('is told where a clean beginning cannot have been luck', () => {
    expect(findOnset('a', seconds('..........555555'))).toMatchObject([
      { kind: 'onset', afterSec: 10, cleanStarts: 1_000 },
    ]);
  });

  it('is not told where the first stall is but the first of a few', () => {
    expect(findOnset('a', seconds('..1.........1....'))).toEqual([]);
    expect(findOnset('a', seconds('................'))).toEqual([]);
    expect(findOnset('a', seconds('5555'))).toEqual([]);
  });
});
