import { describe, expect, it } from 'vitest';
import { quantilesOf } from '../../src/metrics/histogram.ts';
import type { RecordedSecond } from '../../src/metrics/types.ts';
import { SettleBuffer } from '../../src/session/settle-buffer.ts';
import { fine, frameOf, histogramOf } from '../analysis/parts.ts';

function recorded(second: number): RecordedSecond {
  return {
    atMs: second * 1_000,
    frame: frameOf(second, { stress: fine(10) }),
    quantiles: new Map([['stress.handshake', quantilesOf(histogramOf(100))]]),
  };
}

/** What came out of it by second, and under which series. */
function openHoldBack(isAside: (second: number) => boolean) {
  const released: [second: number, series: string][] = [];
  const held = new SettleBuffer(3, isAside, ({ frame, quantiles }) => {
    const [series = ''] = Object.keys(frame.series);
    expect([...quantiles.keys()]).toEqual([`${series}.handshake`]);
    released.push([frame.second, series]);
  });
  return { held, released };
}

describe('seconds that are held back', () => {
  it('come out once it is settled whether they count, each once and in order', () => {
    const { held, released } = openHoldBack(() => false);
    for (const second of [0, 1, 2]) held.add(recorded(second));
    expect(released).toEqual([]);
    for (const second of [3, 4]) held.add(recorded(second));
    expect(released).toEqual([
      [0, 'stress'],
      [1, 'stress'],
    ]);
    held.releaseAll();
    expect(released.map(([second]) => second)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are set aside by what became known while they waited', () => {
    let disturbed = -1;
    const { held, released } = openHoldBack((second) => second === disturbed);
    for (const second of [0, 1, 2]) held.add(recorded(second));
    disturbed = 1;
    held.add(recorded(10));
    held.releaseAll();
    expect(released).toEqual([
      [0, 'stress'],
      [1, 'stress~aside'],
      [2, 'stress'],
      [10, 'stress'],
    ]);
  });
});
