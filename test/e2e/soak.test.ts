import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { readStoredSummary, rebuildSummary } from '../../src/read/summary.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { readEvents } from '../../src/store/session-events.ts';
import { wasTooBusy } from '../support/verdict.ts';
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

  /** Resolves once a soak's first seconds stand on the disk, whose numbers are higher where it began late; gives its folder. */
  const recorded = async (howMany: number): Promise<string> => {
    for (let tries = 0; tries < 600; tries += 1) {
      const [run] = (await readdir(place.results).catch(() => [])).filter((name) => name.endsWith('-night'));
      const dir = join(place.results, run ?? 'none-yet');
      const text = await readFile(join(dir, 'recent', '000000.jsonl'), 'utf8').catch(() => '');
      if (text.split('\n').length > howMany) return dir;
      await sleep(50);
    }
    throw new Error(`${howMany} seconds were not recorded`);
  };

  it('that was killed goes on in the same folder, up to its end, each second once', async () => {
    const first = await soak(9);
    const dir = await recorded(3);
    first.child.kill('SIGKILL');
    await first.finished;
    expect(await readStoredSummary(dir)).toBeUndefined();

    const second = await soak(9, '--resume');
    const { code, stderr } = await second.finished;
    const summary = await readStoredSummary(dir);
    // Others may have kept this machine busy, which bears on the verdict and on no count.
    expect(code, stderr).toBe(wasTooBusy(summary!) ? EXIT.generatorLimited : EXIT.ok);
    expect((await readdir(place.results)).filter((name) => name.endsWith('-night'))).toHaveLength(1);
    const seconds: number[] = [];
    let completed = 0;
    for await (const frame of readFrames(dir)) {
      seconds.push(frame.second);
      completed += frame.series['web']?.completed ?? 0;
    }
    expect(seconds).toEqual([...new Set(seconds)].sort((a, b) => a - b));
    const [firstSecond = Number.NaN] = seconds;
    expect(seconds.slice(0, 3)).toEqual([firstSecond, firstSecond + 1, firstSecond + 2]);
    expect(summary).toEqual(await rebuildSummary(dir));
    expect(summary).toMatchObject({ run: { status: 'complete' }, arms: { web: { completed } } });
    expect((await readEvents(dir)).map(({ kind }) => kind)).toEqual(['begun', 'resumed', 'ended']);
  });

  it('drains at a signal, keeps its summary, and is not gone on with', async () => {
    const started = await soak(60);
    const dir = await recorded(2);
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
