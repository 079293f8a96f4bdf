import { describe, expect, it } from 'vitest';
import { findOnset } from '../../../src/analysis/findings/onset.ts';
import { findOutagePhases } from '../../../src/analysis/findings/outage-phases.ts';
import { listOutages } from '../../../src/analysis/outages.ts';
import { emptySecond, type SecondCounts, type SeriesTally } from '../../../src/analysis/tally.ts';
import { emptyCounts } from '../../../src/metrics/counts.ts';
import { createRandom } from '../../../src/random.ts';

function tallyOf(rows: readonly (readonly [number, Partial<SecondCounts>])[]): SeriesTally {
  const bySecond = new Map(rows.map(([second, counts]) => [second, { ...emptySecond(), ...counts }]));
  return { counts: emptyCounts(), bySecond };
}

/** One character a second: `.` clean, `x` all stalled, `r` all refused, `1`-`9` so many tenths stalled, ` ` no start. */
function seconds(picture: string, started = 100): SeriesTally {
  const share = (mark: string): number => (mark === '.' ? 0 : mark === 'x' ? 1 : Number(mark) / 10);
  return tallyOf(
    [...picture]
      .map((mark, second) => ({ mark, second }))
      .filter(({ mark }) => mark !== ' ')
      .map(({ mark, second }): [number, Partial<SecondCounts>] =>
        mark === 'r'
          ? [second, { started, refused: started }]
          : [second, { started, stalled: Math.round(started * share(mark)) }],
      ),
  );
}

describe('outages in phases', () => {
  it('have the lengths of the outages and of what lies between them', () => {
    expect(findOutagePhases('a', seconds('.....xxxxxxxx....xxxxxxxx....xxxxxxxx....'))).toMatchObject([
      { kind: 'outage-phases', confidence: 'high', onSec: 8, offSec: 4, count: 3 },
    ]);
  });

  it('are told to a fraction of a second from the seconds in which they begin and end', () => {
    // 10 s out of every 16: from 3.6 s to 13.6 s, and so on.
    const picture = '...4xxxxxxxxx6.....4xxxxxxxxx6.....4xxxxxxxxx6..';
    expect(findOutagePhases('a', seconds(picture))).toMatchObject([{ onSec: 10, offSec: 6, count: 3 }]);
    expect(listOutages(seconds(picture).bySecond)[0]).toMatchObject({ fromSec: 3.6, toSec: 13.6 });
  });

  it('are outages as well where the defence refuses', () => {
    expect(findOutagePhases('a', seconds('.....rrrrr.....rrrrr.....'))).toMatchObject([
      { confidence: 'high', onSec: 5, offSec: 5, count: 2, stalled: 0, refused: 1_000 },
    ]);
  });

  it('are an incident, not a rhythm, where there was one', () => {
    const [found] = findOutagePhases('a', seconds('.......xxxxx.......'));
    expect(found).toMatchObject({ confidence: 'medium', onSec: 5, stalled: 500, refused: 0 });
    expect(found).not.toHaveProperty('offSec');
  });

  it('are not seen in scattered loss, nor in an outage that the run began or ended with', () => {
    expect(findOutagePhases('a', seconds('.1..2..1.3..1'))).toEqual([]);
    expect(findOutagePhases('a', seconds('xxxx....'))).toEqual([]);
    expect(findOutagePhases('a', seconds('....xxxx'))).toEqual([]);
  });

  it('are not seen where half of the starts stall all the time, nor where chance stalls a few in a row', () => {
    expect(findOutagePhases('a', seconds('5555555555555555'))).toEqual([]);
    // One start a second, every third stalls: two in a row are nothing.
    expect(findOutagePhases('a', seconds('..x..xx..x.x..x..xx.x..x.x', 1))).toEqual([]);
  });

  it('are one where a late second or a few ports let go only interrupt them', () => {
    expect(listOutages(seconds('....xxxx.xxxx....').bySecond)).toHaveLength(1);
    expect(listOutages(seconds('....xxxx  xxxx....').bySecond)).toMatchObject([{ fromSec: 4, toSec: 14 }]);
    expect(listOutages(seconds('....xxxx..xxxx....').bySecond)).toHaveLength(2);
  });
});

describe('the onset of stalls', () => {
  it('is told where a clean beginning cannot have been luck', () => {
    expect(findOnset('a', seconds('..........555555'))).toMatchObject([
      { kind: 'onset', confidence: 'high', afterSec: 10, cleanStarts: 1_000 },
    ]);
  });

  it('is not told where the first stall is but the first of a few', () => {
    expect(
      findOnset(
        'a',
        tallyOf([...Array(20).keys()].map((at) => [at, { started: 100, stalled: at === 9 ? 1 : 0 }])),
      ),
    ).toEqual([]);
    expect(findOnset('a', seconds('................'))).toEqual([]);
    expect(findOnset('a', seconds('5555'))).toEqual([]);
  });

  it('is hardly ever told where stalls are random: not once in a thousand runs', () => {
    const random = createRandom(1_907);
    const runs = 5_000;
    let told = 0;
    for (let run = 0; run < runs; run += 1) {
      const rows = Array.from({ length: 20 }, (_, second) => {
        let stalled = 0;
        for (let start = 0; start < 100; start += 1) if (random() < 0.01) stalled += 1;
        return [second, { started: 100, stalled }] as const;
      });
      told += findOnset('a', tallyOf(rows)).length;
    }
    expect(told).toBeLessThan(runs / 1_000);
  });

  it('counts what a ramp used up, and begins with the first start', () => {
    const ramp = tallyOf([0, 1, 2, 3, 4].map((at) => [at, { started: 50 }]));
    const measured = tallyOf([5, 6, 7].map((at) => [at, { started: 100, stalled: at === 7 ? 50 : 0 }]));
    expect(findOnset('a', measured, ramp)).toMatchObject([{ afterSec: 7, cleanStarts: 450 }]);
    const idle = tallyOf([
      [0, {}],
      ...[260, 261, 262].map((at) => [at, { started: 100, stalled: at === 262 ? 90 : 0 }] as const),
    ]);
    expect(findOnset('a', idle)).toMatchObject([{ afterSec: 2, cleanStarts: 200 }]);
  });

  it('is doubtful where the load had just risen: the rate may be the cause', () => {
    const steps = tallyOf([
      ...[0, 1, 2, 3, 4].map((at) => [at, { started: 100 }] as const),
      ...[5, 6, 7, 8].map((at) => [at, { started: 400, stalled: 200 }] as const),
    ]);
    const [found] = findOnset('a', steps);
    expect(found).toMatchObject({ confidence: 'low', afterSec: 5 });
    expect(found?.text).toContain('the load had just risen to 400/s');
  });
});
