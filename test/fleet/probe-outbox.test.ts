import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSpare } from '../../src/cli/spare-runs.ts';
import type { RunOrder } from '../../src/fleet/messages.ts';
import { RunCopy } from '../../src/fleet/operator/run-copy.ts';
import { RunJournal } from '../../src/fleet/outbox/journal.ts';
import type { Publish } from '../../src/fleet/outbox/publish.ts';
import { ProbeOutbox } from '../../src/fleet/probe/outbox.ts';
import { PROTOCOL } from '../../src/fleet/protocol.ts';
import { decodeRunPart } from '../../src/fleet/run-part.ts';
import { lackOf } from '../../src/read/fleet/trouble.ts';
import type { RunListing } from '../../src/read/listing.ts';
import { withSmallDisk } from '../store/full-disk.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const DAY_MS = 86_400_000;
const SAMPLE = join(import.meta.dirname, '../../results/samples/20261121-052056-steady/run.json');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-probe-outbox-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A run that is over, with 1,000 bytes of packets and 500 of frames. */
async function record(outbox: ProbeOutbox, name: string): Promise<string> {
  const folder = join(dir, 'results', name);
  mkdirSync(join(folder, 'capture'), { recursive: true });
  writeFileSync(join(folder, 'capture/near.pcapng'), Buffer.alloc(1_000));
  writeFileSync(join(folder, 'frames.jsonl'), `${'f'.repeat(499)}\n`);
  writeFileSync(join(folder, 'summary.json'), '{}');
  const run = (await outbox.take(name))!;
  await run.addFolder(folder, '');
  await run.addEvent({ v: PROTOCOL, kind: 'ended', fleetRun: name, status: 'complete' });
  await run.finish();
  return folder;
}

const away: Publish = async () => {
  throw new Error('not reached');
};

it('bounds what waits: packets of the oldest run go first, then what grew, its sums never, and the operator is told', async () => {
  let outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  const [first, second] = [await record(outbox, 'first'), await record(outbox, 'second')];
  const said: string[] = [];
  const keep = (bytes: number) => outbox.keepWithin(bytes, (line) => said.push(line));
  await keep(3_004);
  expect(said).toEqual([]);
  // The part with the packets has been cut, and may be at the server or not.
  expect((await outbox.send(away))?.message).toBe('not reached');
  await keep(3_003);
  expect(said).toEqual(['first: gave up 1.00 kB that was not sent, to make room']);
  expect(readdirSync(join(first, 'capture'))).toEqual([]);
  expect(readdirSync(join(second, 'capture'))).toEqual(['near.pcapng']);
  outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  await keep(600);
  expect(said.slice(1)).toEqual([
    'second: gave up 1.00 kB that was not sent, to make room',
    'first: gave up 500 B that was not sent, to make room',
  ]);
  expect(readdirSync(first).sort()).toEqual(['.unsent', 'capture', 'summary.json']);
  const copies = new Map(['first', 'second'].map((name) => [name, new RunCopy(join(dir, `copy-${name}`))]));
  const publish: Publish = async (subject, _, payload) => {
    const read = decodeRunPart(payload);
    if (read !== undefined) await copies.get(subject.split('.')[3]!)!.add(read);
  };
  expect(await outbox.send(publish)).toBeUndefined();
  const gone = (file: string, toByte: number) => ({ file, fromByte: 0, toByte, isGivenUp: true });
  expect(await copies.get('first')!.check()).toEqual({
    ...{ hasEnded: true, differing: [] },
    missing: [gone('capture/near.pcapng', 1_000), gone('frames.jsonl', 500)],
  });
  expect(await copies.get('second')!.check()).toEqual({
    ...{ hasEnded: true, differing: [] },
    missing: [gone('capture/near.pcapng', 1_000)],
  });
  expect(readFileSync(join(dir, 'copy-second/frames.jsonl'), 'utf8')).toBe(`${'f'.repeat(499)}\n`);
});

it('removes a folder some days after all of it was sent, never before, and knows its order for longer', async () => {
  let outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  const [sent, waiting] = [await record(outbox, 'sent'), await record(outbox, 'waiting')];
  const listed = (folder: string) => ({ dir: folder, id: '', status: 'complete', note: '' }) as RunListing;
  const spare = await createSpare(dir, { notedGo: false, unsentGo: false, nowMs: Date.now() }, () => {});
  expect(spare(listed(sent))).toBe('not sent to its fleet yet');
  await outbox.send(async (subject) => {
    if (subject.endsWith('.waiting')) throw new Error('not reached');
  });
  expect(spare(listed(sent))).toBeUndefined();
  expect(spare(listed(waiting))).toBe('not sent to its fleet yet');
  const goOn = await createSpare(dir, { notedGo: false, unsentGo: true, nowMs: Date.now() }, () => {});
  expect(goOn(listed(waiting))).toBeUndefined();
  const now = Date.now();
  await outbox.removeSent(undefined, now + 30 * DAY_MS);
  await outbox.removeSent(7 * DAY_MS, now + 6 * DAY_MS);
  expect(readdirSync(join(dir, 'results'))).toEqual(['sent', 'waiting']);
  outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  await outbox.removeSent(7 * DAY_MS, now + 8 * DAY_MS);
  expect(readdirSync(join(dir, 'results'))).toEqual(['waiting']);
  expect(await outbox.take('sent')).toBeUndefined();
  await outbox.removeSent(7 * DAY_MS, now + 40 * DAY_MS);
  expect(readdirSync(join(dir, 'outbox'))).toEqual(['waiting.jsonl']);
});

it('tells of what somebody removed before it was sent, of a folder or of one file, and sends the others', async () => {
  const outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  const copies = new Map<string, RunCopy>();
  const publish: Publish = async (subject, _, payload) => {
    const [, , , name = ''] = subject.split('.');
    const read = decodeRunPart(payload);
    const copy = copies.get(name) ?? new RunCopy(join(dir, `copy-${name}`));
    copies.set(name, copy);
    if (read !== undefined) await copy.add(read);
  };
  const begin = async (name: string) => {
    const folder = join(dir, 'results', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'frames.jsonl'), '{}\n');
    writeFileSync(join(folder, 'run.json'), '{}');
    const run = (await outbox.take(name))!;
    await run.addFolder(folder, '');
    return { folder, run };
  };
  const [gone, partly, unsent] = [await begin('gone'), await begin('partly'), await begin('unsent')];
  rmSync(unsent.folder, { recursive: true });
  expect(await outbox.send(publish)).toBeUndefined();
  // Its journal goes along: an order that comes later is kept all the same.
  rmSync(gone.folder, { recursive: true });
  rmSync(join(partly.folder, 'frames.jsonl'));
  rmSync(join(dir, 'outbox'), { recursive: true });
  await record(outbox, 'later');
  for (const { run } of [gone, partly, unsent]) {
    await run.addEvent({ v: PROTOCOL, kind: 'ended', fleetRun: run.fleetRun, status: 'failed' });
    await run.finish();
  }
  expect(await outbox.send(publish)).toBeUndefined();
  const whole = { hasEnded: true, missing: [], differing: [] };
  const [frames, info] = [
    { file: 'frames.jsonl', bytes: 3 },
    { file: 'run.json', bytes: 2 },
  ];
  expect(await copies.get('gone')!.check()).toEqual({ ...whole, lost: [frames, info] });
  expect(await copies.get('partly')!.check()).toEqual({ ...whole, lost: [frames] });
  expect(await copies.get('unsent')!.check()).toEqual({ ...whole, lost: [] });
  expect(await copies.get('later')!.check()).toEqual(whole);
  // Half of a journal would say to a later process that there was nothing.
  expect(readdirSync(join(dir, 'outbox'))).toEqual(['later.jsonl']);
  expect(lackOf({ ...whole, lost: [frames] })).toEqual([
    'removed at the probe before all of it was sent: frames.jsonl (bytes 0 to 3 are here)',
  ]);
});

it('keeps an accepted order until it is too late to begin, and then tells that it did not', async () => {
  const [startsAtMs, fleetRun] = [DAY_MS, 'night'];
  const order: RunOrder = {
    ...{ v: PROTOCOL, kind: 'run', fleetRun, label: '', share: { index: 0, count: 1 } },
    ...{ scenario: { name: 'steady', text: '', overrides: {} }, startsAtMs, expiresAtMs: startsAtMs + 5_000 },
    agreed: { startsAtMs, offsetMs: 0, errorMs: 1, labels: {} },
  };
  const outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  const run = (await outbox.take(fleetRun, order))!;
  await run.addEvent({ v: PROTOCOL, kind: 'accepted', fleetRun, attempts: 1 });
  const inTime = await ProbeOutbox.open(join(dir, 'outbox'), 'a', startsAtMs + 5_000);
  expect(inTime.waiting.map((each) => each.order)).toEqual([order]);
  // A day without a link later.
  const late = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 2 * DAY_MS);
  expect(late.waiting).toEqual([]);
  const told: unknown[] = [];
  await late.send(async (_, __, payload) => {
    told.push(JSON.parse(Buffer.from(payload).toString()));
  });
  expect(told).toEqual([
    { v: PROTOCOL, kind: 'accepted', fleetRun, attempts: 1 },
    {
      ...{ v: PROTOCOL, kind: 'ended', fleetRun, status: 'interrupted' },
      why: 'the probe was restarted before the run began',
    },
  ]);
});

it.each([
  ['complete', { status: 'complete' }],
  ['running', { status: 'interrupted', why: 'the probe was restarted while the run was in progress' }],
])('after a kill, tells of a run that says "%s" that it started, and how it ended', async (status, ended) => {
  const outbox = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  const run = (await outbox.take('one'))!;
  const folder = join(dir, 'one');
  mkdirSync(folder);
  const info = JSON.parse(readFileSync(SAMPLE, 'utf8'));
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...info, status }));
  // Killed in its first moment, before it could tell anything.
  run.noteFolder(folder, '');
  const told: unknown[] = [];
  const again = await ProbeOutbox.open(join(dir, 'outbox'), 'a', 0);
  await again.send(async (subject, _, payload) => {
    if (subject.includes('.event.')) told.push(JSON.parse(Buffer.from(payload).toString()));
  });
  const common = { v: PROTOCOL, fleetRun: 'one' };
  expect(told).toEqual([
    { ...common, kind: 'started', folder: info.id, startedAtMs: Date.parse(info.startedAt) },
    { ...common, kind: 'ended', ...ended },
  ]);
});

suiteNeeding('the journal of an order on a full disk', ['root'], () => {
  it('takes no order that it cannot note, and notes what it did not need to stop for later', () =>
    withSmallDisk(64, async (disk) => {
      const journal = new RunJournal(join(disk.dir, 'kept.jsonl'));
      await journal.append({ kind: 'taken' }, true);
      await disk.fill(64).catch(() => {});
      await expect(
        new RunJournal(join(disk.dir, 'other.jsonl')).append({ kind: 'taken' }, true),
      ).rejects.toThrow(/ENOSPC/);
      expect(readdirSync(disk.dir)).not.toContain('other.jsonl');
      const ids = Array.from({ length: 200 }, (_, index) => `part-${index}-${'x'.repeat(40)}`);
      for (const id of ids) await journal.append({ kind: 'stored', id });
      await disk.makeRoom();
      await journal.append({ kind: 'final' });
      const entries = await new RunJournal(join(disk.dir, 'kept.jsonl')).read();
      const stored = entries.flatMap((entry) => (entry.kind === 'stored' ? [entry.id] : []));
      expect([...new Set(stored)]).toEqual(ids);
      expect(entries.at(-1)).toEqual({ kind: 'final' });
    }));
});
