import { describe, expect, it } from 'vitest';
import type { NearFound } from '../../src/evidence/near/near-protocol.ts';
import { NearPipe } from '../../src/session/near-side.ts';
import type { FromWorker } from '../../src/worker/protocol.ts';

const NOTHING: NearFound = { answers: {}, kept: [], dropped: 0 };

function frame(second: number, noted?: Float64Array): FromWorker {
  const counted = { second, series: {}, open: 0, stallsLeftOut: 0 };
  return {
    ...{ kind: 'frame', shard: 0, frame: counted, histograms: {}, stalls: [] },
    ...(noted && { noted }),
  };
}

describe('what a worker counted, on its way past the packets', () => {
  it('stays in order however long packets are looked at, and gets what met its attempts', async () => {
    const passed: FromWorker[] = [];
    const seen: number[] = [];
    let answer: (found: NearFound) => void = () => {};
    const look = () => new Promise<NearFound>((resolve) => (answer = resolve));
    const pipe = new NearPipe(
      { look },
      (message) => passed.push(message),
      (second) => seen.push(second),
    );
    pipe.take(frame(0, Float64Array.of(1)));
    pipe.take(frame(1));
    pipe.take({ kind: 'done', shard: 0 });
    await new Promise(setImmediate);
    expect(passed).toEqual([]);
    answer({ ...NOTHING, answers: { first: { 'stalled silence': 2 } }, dropped: 7 });
    await pipe.passed;
    expect(passed.map(({ kind }) => kind)).toEqual(['frame', 'frame', 'done']);
    expect(passed[0]).toMatchObject({
      frame: {
        second: 0,
        captureDrops: 7,
        series: { first: { synAnswers: { 'stalled silence': 2 }, started: 0 } },
      },
    });
    expect(passed[1]).toEqual(frame(1));
    expect(seen).toEqual([0]);
  });

  it('hands on the fault of who receives it', async () => {
    const pipe = new NearPipe(
      { look: async () => NOTHING },
      () => {
        throw new Error('broken');
      },
      () => {},
    );
    pipe.take(frame(0));
    await expect(pipe.passed).rejects.toThrow('broken');
  });
});
