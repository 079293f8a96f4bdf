import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunJournal } from '../../../src/fleet/outbox/journal.ts';
import type { Publish } from '../../../src/fleet/outbox/publish.ts';
import { RunOutbox } from '../../../src/fleet/outbox/run-outbox.ts';
import { decodeRunPart } from '../../../src/fleet/run-part.ts';
import { filesOf, receive } from './receive.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-names-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('the outbox of a soak', () => {
  const write = (folder: string, name: string, text: string): void => {
    mkdirSync(join(folder, 'recent'), { recursive: true });
    writeFileSync(join(folder, name), text);
  };

  it('sends seconds that no window has taken up only where they are left at its end', async () => {
    for (const isLeft of [true, false]) {
      const folder = join(dir, `soak-${isLeft}`);
      write(folder, 'recent/000000.jsonl', '{"second":0}\n');
      write(folder, 'recent/000000.hlog', 'a\n');
      const outbox = await RunOutbox.take('a', 'soak', new RunJournal(join(dir, `soak-${isLeft}.jsonl`)));
      const stored: Uint8Array[] = [];
      const publish: Publish = async (_, __, payload) => void stored.push(payload);
      await outbox.addFolder(folder, '');
      await outbox.send(publish);
      expect(stored).toEqual([]);
      if (!isLeft) rmSync(join(folder, 'recent'), { recursive: true });
      write(folder, 'frames.jsonl', '{"second":0}\n');
      await outbox.finish();
      await outbox.send(publish);
      const { state } = await receive(`${folder}-copy`, stored);
      expect(state).toEqual({ hasEnded: true, missing: [], differing: [] });
      const copied = Object.keys(filesOf(`${folder}-copy`)).sort();
      expect(copied).toEqual(
        isLeft ? ['frames.jsonl', 'recent/000000.hlog', 'recent/000000.jsonl'] : ['frames.jsonl'],
      );
    }
  });

  it('names a file that nobody takes, and sends the others', async () => {
    const folder = join(dir, 'odd');
    write(folder, 'Odd name', 'x');
    write(folder, 'run.json', '{}');
    const outbox = await RunOutbox.take('a', 'odd', new RunJournal(join(dir, 'odd.jsonl')));
    const stored: Uint8Array[] = [];
    await outbox.addFolder(folder, '');
    await outbox.finish();
    await outbox.send(async (_, __, payload) => void stored.push(payload));
    const { state } = await receive(`${folder}-copy`, stored);
    expect(state).toEqual({ hasEnded: true, missing: [], differing: [], refused: ['Odd name'] });
    expect(filesOf(`${folder}-copy`)).toEqual({ 'run.json': '{}' });
  });
});

describe('what a stranger sends', () => {
  it.each([
    ['{"v":1,"kind":"pieces","pieces":[{"file":"run.json","offset":-1,"bytes":1}]}\nx'],
    ['{"v":1,"kind":"pieces","pieces":[{"file":"run.json","offset":0,"bytes":2}]}\nx'],
    ['{"v":2,"kind":"pieces","pieces":[{"file":"run.json","offset":0,"bytes":1}]}\nx'],
    ['not json\nx'],
    ['{}'],
  ])('is no part of a run: %s', (text) => expect(decodeRunPart(Buffer.from(text))).toBeUndefined());

  const NAMES = [
    ...[
      '../run.json',
      '/etc/passwd',
      'a/../../b.json',
      'a/b/c.json',
      './run.json',
      'a/./b.json',
      '..',
      'run',
    ],
    ...['a\\..\\b.json', 'a/..\u0000/b.json', '.bashrc', 'recent/../x.jsonl', 'Run.json', 'fleet.json', ''],
  ];

  it.each(NAMES)('is not written, and keeps nothing else from being: %j', async (file) => {
    const pieces = [
      { file: 'before.json', offset: 0, bytes: 1 },
      { file, offset: 0, bytes: 4 },
      { file: 'recent/000000.jsonl', offset: 0, bytes: 2 },
    ];
    const message = Buffer.from(`${JSON.stringify({ v: 1, kind: 'pieces', pieces })}\n1evil22`);
    const to = mkdtempSync(join(dir, 'stranger-'));
    const sha256 = 'a'.repeat(64);
    const end = { v: 1, kind: 'end', files: [{ file, bytes: 4, sha256 }], givenUp: [{ file, bytes: 9 }] };
    const { state } = await receive(join(to, 'copy'), [message, Buffer.from(`${JSON.stringify(end)}\n`)]);
    expect(state).toEqual({ hasEnded: true, missing: [], differing: [], refused: [file] });
    expect(filesOf(to)).toEqual({ 'copy/before.json': '1', 'copy/recent/000000.jsonl': '22' });
  });
});
