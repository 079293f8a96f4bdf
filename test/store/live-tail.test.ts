import { appendFile, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyCounts } from '../../src/metrics/counts.ts';
import type { Frame, SeriesCounts } from '../../src/metrics/types.ts';
import { rollUp, setAside } from '../../src/metrics/window.ts';
import { LiveTail, RECENT_SEC } from '../../src/store/live-tail.ts';
import { makeFolder, recordRun } from './runs.ts';

/** A second in which ten were started, unless told otherwise. */
function frameOf(second: number, changes: Partial<SeriesCounts> = {}): Frame {
  const counts = { ...emptyCounts(), scheduled: 10, started: 10, established: 10, ...changes };
  return { second, series: { stress: counts }, open: second, stallsLeftOut: 0 };
}

function linesOf(frames: readonly Frame[]): string {
  return frames.map((frame) => `${JSON.stringify(frame)}\n`).join('');
}

function seconds(from: number, to: number): Frame[] {
  return Array.from({ length: to - from }, (_, index) => frameOf(from + index));
}

describe('following a run', () => {
  it('counts what the summary of the run counts', async () => {
    const { dir, summary } = await recordRun(makeFolder(), 4);
    const { series, second } = await new LiveTail(dir).read();
    const { scheduled, started, unsent, established, completed, healed, stalled } = summary.arms['stress']!;
    expect(series['stress']).toEqual({
      ...{ scheduled, started, unsent, established, completed, healed },
      stalled: stalled.count,
    });
    expect(stalled.count).toBeGreaterThan(0);
    expect(series['stress~ramp']?.started).toBe(summary.arms['stress']!.ramp!.started);
    expect(second).toBeGreaterThanOrEqual(3);
  });

  it('knows nothing before the first second', async () => {
    expect(await new LiveTail(makeFolder()).read()).toEqual({
      ...{ second: -1, open: 0, series: {} },
      recent: { fromSec: 0, started: [], stalled: [] },
    });
  });

  it('adds what was appended, and leaves a torn line until it is whole', async () => {
    const dir = makeFolder();
    const frames = join(dir, 'frames.jsonl');
    const tail = new LiveTail(dir);
    await writeFile(frames, linesOf(seconds(0, 2)));
    expect(await tail.read()).toMatchObject({ second: 1, open: 1, series: { stress: { started: 20 } } });
    const third = linesOf(seconds(2, 3));
    await appendFile(frames, third.slice(0, 40));
    expect((await tail.read()).series['stress']?.started).toBe(20);
    await appendFile(frames, third.slice(40));
    expect(await tail.read()).toMatchObject({ second: 2, series: { stress: { started: 30 } } });
    expect((await tail.read()).series['stress']?.started).toBe(30);
  });

  it('takes the line that was written in place of a torn one', async () => {
    const dir = makeFolder();
    const frames = join(dir, 'frames.jsonl');
    const tail = new LiveTail(dir);
    const first = linesOf(seconds(0, 1));
    await writeFile(frames, `${first}{"second":1,"ser`);
    await tail.read();
    await truncate(frames, first.length);
    await appendFile(frames, linesOf([frameOf(1, { started: 7 })]));
    expect((await tail.read()).series['stress']?.started).toBe(17);
  });

  it('begins anew where the file is another one, or a shorter one', async () => {
    const dir = makeFolder();
    const frames = join(dir, 'frames.jsonl');
    const tail = new LiveTail(dir);
    await writeFile(frames, linesOf(seconds(0, 5)));
    await tail.read();
    await writeFile(`${frames}.new`, linesOf(seconds(0, 6)));
    await rename(`${frames}.new`, frames);
    expect(await tail.read()).toMatchObject({ second: 5, series: { stress: { started: 60 } } });
    await writeFile(frames, linesOf(seconds(0, 1)));
    expect(await tail.read()).toMatchObject({ second: 0, series: { stress: { started: 10 } } });
  });

  it('passes over lines that are none, and links', async () => {
    const dir = makeFolder();
    const frames = join(dir, 'frames.jsonl');
    const broken = ['', 'null', '{"second":-1}', '{"second":3}', '{"second":4,"series":{"a":null}}', '[]'];
    await writeFile(frames, `${broken.join('\n')}\n${linesOf(seconds(0, 1))}`);
    expect((await new LiveTail(dir).read()).series).toMatchObject({ stress: { started: 10 } });
    const other = makeFolder();
    await symlink(frames, join(other, 'frames.jsonl'));
    expect((await new LiveTail(other).read()).second).toBe(-1);
  });

  it('reads a line that is longer than what is read at once', async () => {
    const dir = makeFolder();
    const endpoint = { started: 1, established: 1, completed: 1, stalled: 0 };
    const endpoints = Object.fromEntries(
      Array.from({ length: 8_000 }, (_, index) => [`10.0.0.1:${index}`, endpoint]),
    );
    const text = linesOf([frameOf(0, { endpoints }), frameOf(1)]);
    expect(text.length).toBeGreaterThan(500_000);
    await writeFile(join(dir, 'frames.jsonl'), text);
    expect((await new LiveTail(dir).read()).series['stress']?.started).toBe(20);
  });

  it('keeps the last minutes by the second, stalls where their SYN was sent', async () => {
    const dir = makeFolder();
    const late = frameOf(RECENT_SEC + 20, { frozen: 3, stalledBySecond: { [RECENT_SEC + 15]: 3 } });
    await writeFile(
      join(dir, 'frames.jsonl'),
      linesOf([...seconds(0, RECENT_SEC + 20), { ...late, second: RECENT_SEC + 20 }]),
    );
    const { recent, series } = await new LiveTail(dir).read();
    expect(recent.fromSec).toBe(21);
    expect(recent.started).toEqual(new Array(RECENT_SEC).fill(10));
    expect(recent.stalled.indexOf(3)).toBe(RECENT_SEC + 15 - 21);
    expect(recent.stalled.reduce((sum, count) => sum + count)).toBe(3);
    expect(series['stress']).toMatchObject({ started: (RECENT_SEC + 21) * 10, stalled: 3 });
  });
});

describe('following a soak', () => {
  async function openSoak(): Promise<{ dir: string; recent: string; frames: string }> {
    const dir = makeFolder();
    await mkdir(join(dir, 'recent'));
    return { dir, recent: join(dir, 'recent'), frames: join(dir, 'frames.jsonl') };
  }

  it('counts a second once, whether in a segment, in its window or in both', async () => {
    const { dir, recent, frames } = await openSoak();
    const tail = new LiveTail(dir);
    const all = seconds(0, 130);
    await writeFile(join(recent, '0000.jsonl'), linesOf(all.slice(0, 60)));
    expect((await tail.read()).series['stress']?.started).toBe(600);
    await writeFile(join(recent, '0001.jsonl'), linesOf(all.slice(60, 120)));
    await appendFile(frames, linesOf([rollUp(all.slice(0, 60))]));
    expect(await tail.read()).toMatchObject({ second: 119, series: { stress: { started: 1_200 } } });
    await rm(join(recent, '0000.jsonl'));
    await writeFile(join(recent, '0002.jsonl'), linesOf(all.slice(120)));
    await appendFile(frames, linesOf([rollUp(all.slice(60, 120))]));
    const state = await tail.read();
    expect(state).toMatchObject({ second: 129, open: 129, series: { stress: { started: 1_300 } } });
    expect(state.recent.started).toEqual(new Array(130).fill(10));
    expect(await new LiveTail(dir).read()).toEqual(state);
  });

  it('believes the window where it set seconds aside', async () => {
    const { dir, recent, frames } = await openSoak();
    const tail = new LiveTail(dir);
    const all = [...seconds(0, 4), frameOf(4, { frozen: 2, stalledBySecond: { 4: 2 } }), frameOf(5)];
    await writeFile(join(recent, '0000.jsonl'), linesOf(all));
    expect(await tail.read()).toMatchObject({ series: { stress: { started: 60, stalled: 2 } } });
    await appendFile(frames, linesOf([rollUp(all.map((one) => (one.second === 4 ? setAside(one) : one)))]));
    const { series, recent: last } = await tail.read();
    expect(series).toMatchObject({
      stress: { started: 50, stalled: 0 },
      'stress~aside': { started: 10, stalled: 2 },
    });
    expect(last.stalled).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
