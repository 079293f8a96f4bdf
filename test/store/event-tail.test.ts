import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventTail } from '../../src/store/event-tail.ts';
import type { SessionEvent } from '../../src/store/session-events.ts';
import { makeFolder } from './runs.ts';

function lineOf(id: number, toSec: number | null, kind: SessionEvent['kind'] = 'link-down'): string {
  const event: SessionEvent = {
    ...{ id, kind, at: '2025-01-31T06:00:00.000Z' },
    ...{ fromSec: id * 10, toSec, setsAside: true, text: `event ${id}` },
  };
  return `${JSON.stringify(event)}\n`;
}

describe('following what happens to a soak', () => {
  const follow = () => {
    const dir = makeFolder();
    const [file, tail] = [join(dir, 'events.jsonl'), new EventTail(dir)];
    const read = async (most = 8) => (await tail.read(most)).map(({ id, toSec }) => [id, toSec]);
    return { file, read };
  };

  it('has nothing of a run without events, and then what is appended', async () => {
    const { file, read } = follow();
    expect(await read()).toEqual([]);
    await writeFile(file, lineOf(1, null));
    expect(await read()).toEqual([[1, null]]);
    await appendFile(file, lineOf(2, 25).slice(0, 30));
    expect(await read()).toEqual([[1, null]]);
    await appendFile(file, lineOf(2, 25).slice(30) + lineOf(1, 30));
    expect(await read()).toEqual([
      [1, 30],
      [2, 25],
    ]);
  });

  it('leaves out what was over first, and never what lasts', async () => {
    const { file, read } = follow();
    await writeFile(file, [1, 2, 3, 4, 5].map((id) => lineOf(id, id === 2 ? null : id * 10 + 5)).join(''));
    expect(await read(3)).toEqual([
      [2, null],
      [4, 45],
      [5, 55],
    ]);
    const flaps = Array.from({ length: 1_000 }, (_, index) => lineOf(6 + index, 20_000));
    await appendFile(file, flaps.join(''));
    const kept = await read(100_000);
    expect(kept[0]).toEqual([2, null]);
    expect(kept.at(-1)).toEqual([1_005, 20_000]);
    expect(kept.length).toBeLessThan(300);
  });

  it('begins anew with another file, and passes over lines that are no events', async () => {
    const { file, read } = follow();
    await writeFile(file, lineOf(1, 15) + lineOf(2, 25));
    expect(await read()).toHaveLength(2);
    await writeFile(`${file}.new`, `null\n7\n{"id":"x"}\n{"id":3}\n[]\n{"torn\n${lineOf(4, 45)}`);
    await rename(`${file}.new`, file);
    expect(await read()).toEqual([[4, 45]]);
  });
});
