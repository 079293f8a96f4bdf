import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FILES, latencyFile, SESSION_FILES } from '../../src/store/files.ts';
import { SecondFiles } from '../../src/store/session-files.ts';
import { RecentFiles } from '../../src/store/soak-files.ts';
import { SOAK_LIMITS, WindowFiles } from '../../src/store/window-files.ts';
import { openFilesIn } from '../support/open-files.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeFolder } from './runs.ts';

suiteNeeding('where one of its files cannot be opened', ['linux'], () => {
  it.each([FILES.frames, FILES.stalls, FILES.latency])('a run leaves none open: %s', async (name) => {
    const dir = makeFolder();
    await mkdir(join(dir, name));
    await expect(SecondFiles.open(dir, 0)).rejects.toThrow('EISDIR');
    expect(openFilesIn(dir)).toEqual([]);
  });

  it.each([FILES.frames, FILES.stalls, latencyFile(0)])('a soak leaves none open: %s', async (name) => {
    const dir = makeFolder();
    await mkdir(join(dir, name));
    await expect(WindowFiles.open(dir, 0, { windowSec: 10 }, SOAK_LIMITS)).rejects.toThrow('EISDIR');
    expect(openFilesIn(dir)).toEqual([]);
  });

  it('a soak closes all of what it keeps for an hour', async () => {
    const dir = makeFolder();
    await mkdir(join(dir, SESSION_FILES.recent));
    const recent = new RecentFiles(dir, 10, []);
    for (const second of [0, 200]) await recent.open(second, 'jsonl');
    await recent.open(200, 'hlog');
    expect(openFilesIn(dir)).toHaveLength(2);
    await recent.close();
    expect(openFilesIn(dir)).toEqual([]);
  });
});
