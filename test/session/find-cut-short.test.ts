import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCutShort } from '../../src/session/find-cut-short.ts';
import { FILES } from '../../src/store/files.ts';
import { writeFleetFile } from '../../src/store/fleet-file.ts';
import { writeJson } from '../../src/store/json-file.ts';
import { readRunInfo } from '../../src/store/read-info.ts';
import { endSoak, openSoak } from '../store/soaks.ts';

const STARTED_MS = Date.parse('2025-01-31T01:30:00.000Z');
const HOUR_MS = 3_600_000;
const FIVE_HOURS = { forUs: 5 * HOUR_MS * 1_000 };

let results: string;
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'rushhour-cut-short-'));
});
afterEach(() => rm(results, { recursive: true }));

/** A night whose process is gone without a word. */
async function leaveNight(changes: { fingerprint?: string } = {}): Promise<string> {
  const writer = await openSoak(results, { ...FIVE_HOURS, ...changes });
  await writer.closeAll();
  const { dir } = writer;
  const info = await readRunInfo(dir);
  await writeJson(join(dir, FILES.info), { ...info, process: { ...info.process, startTicks: '1' } });
  return dir;
}

describe('a night that was cut short', () => {
  it('is gone on with until its end, and a little later for its summary', async () => {
    const dir = await leaveNight();
    for (const afterMs of [0, HOUR_MS, 5 * HOUR_MS + 60_000]) {
      expect(await findCutShort(results, { fingerprint: 'f', kind: 'soak' }, STARTED_MS + afterMs)).toBe(dir);
    }
    expect(
      await findCutShort(results, { fingerprint: 'f', kind: 'soak' }, STARTED_MS + 6 * HOUR_MS),
    ).toBeUndefined();
  });

  it('is that of the same scenario alone', async () => {
    const dir = await leaveNight({ fingerprint: 'mine' });
    await leaveNight({ fingerprint: 'another' });
    expect(await findCutShort(results, { fingerprint: 'mine', kind: 'soak' }, STARTED_MS + HOUR_MS)).toBe(
      dir,
    );
    expect(
      await findCutShort(results, { fingerprint: 'f', kind: 'soak' }, STARTED_MS + HOUR_MS),
    ).toBeUndefined();
  });

  it('is none of a probe of a fleet, whose run was received', async () => {
    const dir = await leaveNight();
    await rename(dir, join(results, 'run-leeds-1'));
    const wanted = { fingerprint: 'f', kind: 'soak' } as const;
    expect(await findCutShort(results, wanted, STARTED_MS)).toBe(join(results, 'run-leeds-1'));
    const parts = [{ probe: 'leeds-1', labels: {}, events: [] }];
    await writeFleetFile(results, { schema: 1, id: 'run', startsAtMs: STARTED_MS, parts });
    expect(await findCutShort(results, wanted, STARTED_MS)).toBeUndefined();
  });

  it('is none that came to its end, or still runs', async () => {
    const running = await openSoak(results, FIVE_HOURS);
    expect(
      await findCutShort(results, { fingerprint: 'f', kind: 'soak' }, STARTED_MS + HOUR_MS),
    ).toBeUndefined();
    await endSoak(running);
    expect(
      await findCutShort(results, { fingerprint: 'f', kind: 'soak' }, STARTED_MS + HOUR_MS),
    ).toBeUndefined();
  });
});
