import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readRunDetail } from '../../src/read/run-detail.ts';
import { readSummary } from '../../src/read/summary.ts';
import { readRunTimeSeries } from '../../src/read/time-series.ts';
import { FILES } from '../../src/store/files.ts';
import { makeFolder, recordRun } from '../store/runs.ts';

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
