import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { joinSides } from '../../src/evidence/far/join.ts';
import { readSummary } from '../../src/read/summary.ts';
import { readFar, readFarAttempts, writeFar } from '../../src/store/far-files.ts';
import { makeWorld } from '../evidence/far/world.ts';
import { collect, makeFolder, recordRun } from './runs.ts';

async function joined() {
  const { dir } = await recordRun(makeFolder(), 1);
  const { far } = makeWorld(dir, { count: 9 });
  return { dir, ...(await joinSides(dir, { far: [[{ path: far, shown: 'far' }]], nowMs: Date.now() })) };
}

describe('far.json and far.jsonl', () => {
  it('leave nothing else behind', async () => {
    const { dir } = await joined();
    const names = readdirSync(dir).filter((name) => name.startsWith('far'));
    expect(names.sort()).toEqual(['far.json', 'far.jsonl']);
  });

  it('are refused at the door where they are of another shape, and the rest of the run is not', async () => {
    const { dir, summary, attempts } = await joined();
    appendFileSync(join(dir, 'far.jsonl'), '{"series":"stress","fate":"eaten"}\n{"torn');
    expect(await collect(readFarAttempts(dir))).toEqual(attempts);
    writeFileSync(join(dir, 'far.json'), JSON.stringify({ ...summary, nat: { kind: 'carrier' } }));
    expect(await readFar(dir)).toMatchObject({ kind: 'damaged', why: expect.stringContaining('nat.kind') });
    const read = await readSummary(dir);
    expect(read.far).toBeUndefined();
    expect(read.run.status).toBe('complete');
  });

  it('stay as they are where there is no room for others', async () => {
    const { dir, summary, attempts } = await joined();
    mkdirSync(join(dir, 'far.jsonl.new'));
    await expect(writeFar(dir, summary, [])).rejects.toThrow(EnvironmentError);
    expect(await readFar(dir)).toEqual({ kind: 'whole', value: summary });
    expect(await collect(readFarAttempts(dir))).toEqual(attempts);
    expect(existsSync(join(dir, 'far.json'))).toBe(true);
  });
});
