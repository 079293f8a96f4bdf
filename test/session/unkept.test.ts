import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { RushhourError } from '../../src/errors.ts';
import { createSession } from '../../src/store/session-create.ts';
import { recorderOf } from '../metrics/attempts.ts';
import { factsOf, makeFolder, playSecond, recordInto, recordRun } from '../store/runs.ts';

it('a run whose folder is deleted under way comes to the same figures, and says that they are not kept', async () => {
  const { summary: kept } = await recordRun(makeFolder(), 4);
  const writer = await createSession(makeFolder(), factsOf(), () => {});
  const recording = recordInto(writer);
  const recorder = recorderOf();
  for (let second = 0; second < 4; second += 1) {
    playSecond(recorder, second);
    recording.receive({ kind: 'frame', shard: 0, ...recorder.takeFrame(second, 0) });
    if (second === 1) await rm(writer.dir, { recursive: true });
  }
  recording.receive({ kind: 'done', shard: 0 });
  const { summary, unkept } = await recording.finish('complete');
  expect(summary.arms).toEqual(kept.arms);
  expect(unkept).toMatchObject({
    exitCode: 5,
    message: expect.stringContaining('cannot write the summary'),
  });
  expect(unkept).toBeInstanceOf(RushhourError);
});
