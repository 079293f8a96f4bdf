import { expect, it } from 'vitest';
import type { NearFound } from '../../src/evidence/near/types.ts';
import { pipeThrough } from '../../src/session/near-side.ts';
import type { FromWorker } from '../../src/worker/protocol.ts';

function frame(second: number, noted?: Float64Array): FromWorker {
  const counted = { second, series: {}, open: 0, stallsLeftOut: 0 };
  return {
    ...{ kind: 'frame', shard: 0, frame: counted, histograms: {}, stalls: [] },
    ...(noted && { noted }),
  };
}

it('adds to what a worker counted what met its attempts, and keeps the evidence behind it', () => {
  const found: NearFound = { answers: { first: { 'stalled silence': 2 } }, kept: [], dropped: 7 };
  const passed: FromWorker[] = [];
  const kept: [second: number, after: number][] = [];
  const looked: Float64Array[] = [];
  const pipe = pipeThrough(
    {
      look(noted) {
        looked.push(noted);
        return found;
      },
    },
    (message) => passed.push(message),
    (second) => kept.push([second, passed.length]),
  );
  const noted = Float64Array.of(1);
  pipe(frame(0, noted));
  pipe(frame(1));
  pipe({ kind: 'done', shard: 0 });
  expect(looked).toEqual([noted]);
  expect(passed.map(({ kind }) => kind)).toEqual(['frame', 'frame', 'done']);
  expect(passed[0]).toMatchObject({
    frame: {
      second: 0,
      captureDrops: 7,
      series: { first: { synAnswers: { 'stalled silence': 2 }, started: 0 } },
    },
  });
  expect(passed[1]).toEqual(frame(1));
  expect(kept).toEqual([[0, 1]]);
});
