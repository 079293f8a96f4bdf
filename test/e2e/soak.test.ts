import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStoredSummary, rebuildSummary } from '../../src/read/summary.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { readEvents } from '../../src/store/session-events.ts';
import { makeWorkplace, type Started, type Workplace } from './rushhour.ts';

const SCENARIO = `
schema: 1
farEnd: embedded
target: /
arms:
  web:
    via: proxy
    timeouts: { handshake: 1s }
    load:
      - hold: { rate: 20/s, for: 5s }
`;

describe('a soak', () => {
  let place: Workplace;
  beforeEach(() => {
    place = makeWorkplace();
  });
  afterEach(() => place.clean());

  const soak = async (forSec: number, ...more: string[]): Promise<Started> => {
    const file = await place.scenario('night', SCENARIO);
    const flags = ['--for', `${forSec}s`, '--window', '5s', '--results', place.results];
    return place.start(['soak', file, ...flags, ...more]);
  };

  /** Resolves once a second stands on the disk; gives the soak's folder. */
  const recorded = async (second: number): Promise<string> => {
    for (let tries = 0; tries < 600; tries += 1) {
      const [run] = (await readdir(place.results).catch(() => [])).filter((name) => name.endsWith('-night'));
      const dir = join(place.results, run ?? 'none-yet');
      const text = await readFile(join(dir, 'recent', '000000.jsonl'), 'utf8').catch(() => '');
      if (text.includes(`"second":${second},`)) return dir;
      await sleep(50);
    }
    throw new Error(`second ${second} was not recorded`);
  };

  it('that was killed goes on in the same folder, up to its end, each second once', async () => {
    const first = await soak(9);
    const dir = await recorded(2);
    first.child.kill('SIGKILL');
    await first.finished;
    expect(await readStoredSummary(dir)).toBeUndefined();

    const second = await soak(9, '--resume');
    const { code, stderr } = await second.finished;
    expect(code, stderr).toBe(0);
    expect((await readdir(place.results)).filter((name) => name.endsWith('-night'))).toHaveLength(1);
    const seconds: number[] = [];
    let completed = 0;
    for await (const frame of readFrames(dir)) {
      seconds.push(frame.second);
      completed += frame.series['web']?.completed ?? 0;
    }
    expect(seconds).toEqual([...new Set(seconds)].sort((a, b) => a - b));
    expect(seconds.slice(0, 3)).toEqual([0, 1, 2]);
    const summary = await readStoredSummary(dir);
    expect(summary).toEqual(await rebuildSummary(dir));
    expect(summary).toMatchObject({ run: { status: 'complete' }, arms: { web: { completed } } });
    expect((await readEvents(dir)).map(({ kind }) => kind)).toEqual(['begun', 'resumed', 'ended']);
  });

  it('drains at a signal, keeps its summary, and is not gone on with', async () => {
    const started = await soak(60);
    const dir = await recorded(1);
    started.child.kill('SIGTERM');
    const { code, stderr } = await started.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('stopping: no new attempts');
    const summary = await readStoredSummary(dir);
    expect(summary).toMatchObject({
      run: { status: 'interrupted' },
      arms: { web: { outcomes: { ok: expect.any(Number) } } },
    });
    expect(summary?.arms['web']?.outcomes.abandoned).toBeUndefined();
    const { code: nothing, stderr: said } = await (await soak(60, '--resume-only')).finished;
    expect(nothing).toBe(0);
    expect(said).toContain('no soak of this scenario was interrupted');
  });
});
