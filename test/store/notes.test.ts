import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRun } from '../../src/read/find-run.ts';
import { listRuns } from '../../src/read/listing.ts';
import { readSummary } from '../../src/read/summary.ts';
import { FILES } from '../../src/store/files.ts';
import { changeNotes, readNotes } from '../../src/store/notes.ts';
import { readRunInfo } from '../../src/store/read-info.ts';
import { makeFolder, openRun, recordRun } from './runs.ts';

describe('label and note of a run', () => {
  it('change one at a time, and every reader sees the label', async () => {
    const results = makeFolder();
    const { dir, id } = await recordRun(results, 1, { label: 'before' });
    const written = await readFile(join(dir, FILES.info), 'utf8');
    await changeNotes(dir, { label: 'timer 60 s' });
    await changeNotes(dir, { note: 'ticket 4711' });
    expect(await readNotes(dir)).toEqual({ schema: 1, label: 'timer 60 s', note: 'ticket 4711' });
    expect((await readRunInfo(dir)).label).toBe('timer 60 s');
    expect((await readSummary(dir)).run.label).toBe('timer 60 s');
    expect(await listRuns(results)).toMatchObject([{ id, label: 'timer 60 s', note: 'ticket 4711' }]);
    expect(await findRun('timer 60 s', results)).toBe(dir);
    await expect(findRun('before', results)).rejects.toThrow('there is no run');
    // What the run wrote itself stays as it was.
    expect(await readFile(join(dir, FILES.info), 'utf8')).toBe(written);
  });

  it('given while the run is under way outlast its end', async () => {
    const results = makeFolder();
    const { dir } = await openRun(results, { label: 'before' });
    await changeNotes(dir, { label: '' });
    expect((await readSummary(dir)).run.label).toBe('');
    expect((await readRunInfo(dir)).label).toBe('');
  });
});
