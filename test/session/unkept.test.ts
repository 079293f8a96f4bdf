import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { RushhourError } from '../../src/errors.ts';
import { Recording } from '../../src/session/recording.ts';
import { createRun } from '../../src/store/run-writer.ts';
import { scenarioOf } from '../analysis/parts.ts';
import { recorderOf } from '../metrics/attempts.ts';
import { factsOf, makeFolder, playSecond, recordRun } from '../store/runs.ts';

it('a run whose folder is deleted under way comes to the same figures, and says that they are not kept', async () => {
  const { summary: kept } = await recordRun(makeFolder(), 4);
  const writer = await createRun(makeFolder(), factsOf(), () => {});
  const schedule = { durationUs: undefined, attempts: undefined };
  const recording = new Recording({ writer, shards: 1, schedule, onProgress() {} });
  const recorder = recorderOf();
  for (let second = 0; second < 4; second += 1) {
    playSecond(recorder, second);
    recording.receive({ kind: 'frame', shard: 0, ...recorder.takeFrame(second, 0) });
    if (second === 1) await rm(writer.dir, { recursive: true });
  }
  recording.receive({ kind: 'done', shard: 0 });
  const unkept: RushhourError[] = [];
  const summary = await recording.finish(scenarioOf(), 'complete', (why) => unkept.push(why));
  expect(summary.arms).toEqual(kept.arms);
  expect(unkept).toMatchObject([
    { exitCode: 5, message: expect.stringContaining('cannot write the summary') },
  ]);
  expect(unkept[0]).toBeInstanceOf(RushhourError);
});
