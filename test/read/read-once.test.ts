import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { diagnoseRun } from '../../src/read/diagnosis.ts';
import { readRunDetail } from '../../src/read/run-detail.ts';
import { readSummary } from '../../src/read/summary.ts';
import { readRunTimeSeries } from '../../src/read/time-series.ts';
import { FILES } from '../../src/store/files.ts';
import { fine, frameOf } from '../analysis/parts.ts';
import { makeFolder, recordRun } from '../store/runs.ts';
import { endSoak, openSoak, push, timesOf } from '../store/soaks.ts';

/** How often each file has been opened from now on, until the test is over. */
function countOpenings(): Map<string, number> {
  const counts = new Map<string, number>();
  const { open } = fs;
  const put = (replacement: typeof open): void => {
    fs.open = replacement;
    syncBuiltinESMExports();
  };
  put((path, ...options) => {
    const name = basename(String(path));
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return open(path, ...options);
  });
  onTestFinished(() => put(open));
  return counts;
}

it('reads a folder without a summary once for its figures, and comes to the same summary', async () => {
  const { dir } = await recordRun(makeFolder(), 3);
  await fs.rm(join(dir, FILES.summary));
  const rebuilt = await readSummary(dir);
  const counts = countOpenings();
  const { summary, histograms } = await readRunDetail(dir);
  expect(counts.get(FILES.frames)).toBe(1);
  expect(counts.get(FILES.latency)).toBe(1);
  expect(summary).toEqual(rebuilt);
  expect(histograms.get('stress.handshake')?.totalCount).toBe(rebuilt.arms['stress']?.handshakeUs.count);
});

it('reads the frames of such a folder once for a comparison', async () => {
  const { dir } = await recordRun(makeFolder(), 3);
  await fs.rm(join(dir, FILES.summary));
  const rebuilt = await readSummary(dir);
  const counts = countOpenings();
  const { arms } = await readRunTimeSeries(dir);
  expect(counts.get(FILES.frames)).toBe(1);
  expect(arms.get('stress')?.summary).toEqual(rebuilt.arms['stress']);
});

it('reads the frames of a soak that was ill at times twice for its diagnosis: for all of it, and for its periods', async () => {
  const writer = await openSoak(makeFolder());
  await push(writer, 0, 60, (second) => {
    const stalled = second >= 20 && second < 32 ? 40 : 0;
    const good = 200 - stalled;
    const counts = {
      ...fine(200),
      ...{ established: good, completed: good, frozen: stalled },
      ...{ outcomes: { ok: good, 'handshake-timeout': stalled } },
      stalledBySecond: stalled === 0 ? {} : { [second]: stalled },
    };
    return { frame: frameOf(second, { stress: counts }), histograms: timesOf(second % 4), stalls: [] };
  });
  await writer.closeAll();
  await endSoak(writer);
  const counts = countOpenings();
  const { diagnosis } = await diagnoseRun(writer.dir);
  expect(diagnosis.periods).toHaveLength(1);
  expect([counts.get(FILES.frames), counts.get(FILES.latency)]).toEqual([2, 2]);
});
