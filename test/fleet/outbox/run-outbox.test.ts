import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, type FleetEvent, readMessage } from '../../../src/fleet/messages.ts';
import { readStream } from '../../../src/fleet/operator/read-stream.ts';
import { RunCopy } from '../../../src/fleet/operator/run-copy.ts';
import { RunJournal } from '../../../src/fleet/outbox/journal.ts';
import type { Publish } from '../../../src/fleet/outbox/publish.ts';
import { publishTo } from '../../../src/fleet/outbox/publish.ts';
import { RunOutbox } from '../../../src/fleet/outbox/run-outbox.ts';
import { PROTOCOL, STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { TestFleet } from '../start-fleet.ts';
import { filesOf, receive } from './receive.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-outbox-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('the outbox of a run', () => {
  /** Takes what is published as a server does: each id once. */
  class Server {
    readonly stored: Uint8Array[] = [];
    readonly ids = new Set<string>();
    /** Calls after which it is not reached, or its answer is lost: by number of the call. */
    readonly faults = new Map<number, 'before' | 'after'>();
    calls = 0;

    readonly publish: Publish = async (_, id, payload) => {
      this.calls += 1;
      const fault = this.faults.get(this.calls);
      if (fault === 'before') throw new Error('not reached');
      if (!this.ids.has(id)) {
        this.ids.add(id);
        this.stored.push(new Uint8Array(payload));
      }
      if (fault === 'after') throw new Error('no answer');
    };
  }

  const act = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      file: fc.constantFrom('frames.jsonl', 'latency.hlog', 'capture/near.pcapng'),
      text: fc.string({ maxLength: 40 }),
    }),
    fc.record({ kind: fc.constant('rewrite' as const), text: fc.string({ maxLength: 30 }) }),
    fc.record({
      kind: fc.constant('send' as const),
      fault: fc.constantFrom('before' as const, 'after' as const, undefined),
      call: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant('crash' as const), torn: fc.boolean() }),
  );

  it('brings every byte over once, whatever fails in between', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        count += 1;
        const [folder, path] = [join(dir, `run-${count}`), join(dir, `run-${count}.jsonl`)];
        mkdirSync(join(folder, 'capture'), { recursive: true });
        writeFileSync(join(folder, 'run.json'), '{}');
        writeFileSync(join(folder, 'stalls.jsonl'), '');
        const server = new Server();
        const journal = new RunJournal(path);
        let outbox = await RunOutbox.take('a', 'one', journal);
        await outbox.addFolder(folder, '');
        for (const one of acts) {
          if (one.kind === 'write') appendFileSync(join(folder, one.file), `${one.text}\n`);
          if (one.kind === 'rewrite') writeFileSync(join(folder, 'run.json'), one.text);
          if (one.kind === 'send') {
            if (one.fault !== undefined) server.faults.set(server.calls + one.call, one.fault);
            await outbox.send(server.publish).catch(() => {});
          }
          if (one.kind === 'crash') {
            // A power cut may take the end of the last line along.
            if (one.torn) truncateSync(path, Math.max(0, readFileSync(path).length - 3));
            if (one.torn) appendFileSync(path, '\n');
            outbox = await RunOutbox.reopen('a', 'one', new RunJournal(path));
            if (outbox.folder === undefined) await outbox.addFolder(folder, '');
          }
        }
        server.faults.clear();
        await outbox.finish();
        await outbox.send(server.publish);
        expect(outbox.isDone).toBe(true);
        expect(await outbox.countUnsent()).toBe(0);
        const copied = await receive(join(dir, `copy-${count}`), server.stored);
        expect(filesOf(join(dir, `copy-${count}`))).toEqual(filesOf(folder));
        expect(copied.state).toEqual({ hasEnded: true, missing: [], differing: [] });
        // The bounds of what was lost from the journal may be drawn anew: only then is a byte stored twice.
        if (!acts.some((one) => one.kind === 'crash' && one.torn)) expect(copied.twice).toBe(0);
        // The server forgets ids after a while, and may deliver again what it had delivered.
        const again = await receive(join(dir, `copy-${count}`), server.stored);
        expect(again.state).toEqual({ hasEnded: true, missing: [], differing: [] });
        expect(filesOf(join(dir, `copy-${count}`))).toEqual(filesOf(folder));
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it('names what never arrived', async () => {
    const folder = join(dir, 'gaps');
    mkdirSync(folder);
    const server = new Server();
    const outbox = await RunOutbox.take('a', 'gaps', new RunJournal(join(dir, 'gaps.jsonl')));
    await outbox.addFolder(folder, '');
    for (const line of ['first\n', 'second\n', 'third\n']) {
      appendFileSync(join(folder, 'frames.jsonl'), line);
      await outbox.send(server.publish);
    }
    await outbox.finish();
    await outbox.send(server.publish);
    expect(server.stored).toHaveLength(4);
    const without = (index: number) =>
      receive(
        join(dir, `gaps-${index}`),
        server.stored.filter((_, at) => at !== index),
      );
    expect((await without(1)).state.missing).toEqual([{ file: 'frames.jsonl', fromByte: 6, toByte: 13 }]);
    expect((await without(2)).state.missing).toEqual([{ file: 'frames.jsonl', fromByte: 13, toByte: 19 }]);
    expect((await without(3)).state.hasEnded).toBe(false);
  });

  it('names what had arrived and was removed since', async () => {
    const [to, file] = [join(dir, 'removed-copy'), 'frames.jsonl'];
    const copy = new RunCopy(to);
    const add = (offset: number, text: string) =>
      copy.add({
        part: { v: PROTOCOL, kind: 'pieces', pieces: [{ file, offset, bytes: text.length }] },
        ...{ contents: [Buffer.from(text)], refused: [] },
      });
    await add(0, 'first\n');
    rmSync(to, { recursive: true });
    await add(6, 'second\n');
    const missing = { missing: [{ file, fromByte: 0, toByte: 6 }], differing: [] };
    expect(await copy.check()).toEqual({ hasEnded: false, ...missing });
    await add(0, 'first\n');
    expect(await copy.check()).toEqual({ hasEnded: false, missing: [], differing: [] });
  });

  it('sends a file of several megabytes in pieces, whole ones too', async () => {
    const folder = join(dir, 'large');
    mkdirSync(folder);
    writeFileSync(join(folder, 'summary.json'), 's'.repeat(900_000));
    writeFileSync(join(folder, 'run.json'), 'r'.repeat(262_144));
    writeFileSync(join(folder, 'frames.jsonl'), `${'f'.repeat(700_000)}\n${'g'.repeat(20_000)}`);
    const server = new Server();
    const outbox = await RunOutbox.take('a', 'large', new RunJournal(join(dir, 'large.jsonl')));
    await outbox.addFolder(folder, '');
    await outbox.send(server.publish);
    await outbox.finish();
    await outbox.send(server.publish);
    expect(Math.max(...server.stored.map(({ length }) => length))).toBeLessThan(524_288);
    const { state, twice } = await receive(join(dir, 'large-copy'), server.stored);
    expect({ state, twice }).toEqual({ state: { hasEnded: true, missing: [], differing: [] }, twice: 0 });
    expect(filesOf(join(dir, 'large-copy'))).toEqual(filesOf(folder));
  });
});

suiteNeeding('what an outbox reads', ['linux'], () => {
  /** Bytes that this process has read so far, from files and elsewhere (proc_pid_io(5)). */
  const readBytes = (): number => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);

  it('is each byte once, and nothing of a file that has not changed since', async () => {
    const folder = join(dir, 'read');
    mkdirSync(folder);
    writeFileSync(join(folder, 'run.json'), `"${'r'.repeat(200_000)}"`);
    const outbox = await RunOutbox.take('a', 'read', new RunJournal(join(dir, 'read.jsonl')));
    await outbox.addFolder(folder, '');
    const stored: Uint8Array[] = [];
    const send = () => outbox.send(async (_subject, _id, payload) => void stored.push(payload));
    await send();
    const before = readBytes();
    for (let second = 0; second < 10; second += 1) {
      appendFileSync(join(folder, 'frames.jsonl'), `"${'f'.repeat(20_000)}"\n`);
      await send();
    }
    const grown = readBytes() - before;
    expect(stored).toHaveLength(11);
    expect(grown).toBeGreaterThan(200_000);
    expect(grown).toBeLessThan(300_000);
    // As long as it was, it is another.
    writeFileSync(join(folder, 'run.json'), `"${'s'.repeat(200_000)}"`);
    await send();
    await outbox.finish();
    await send();
    const { state } = await receive(join(dir, 'read-copy'), stored);
    expect(state).toEqual({ hasEnded: true, missing: [], differing: [] });
    expect(filesOf(join(dir, 'read-copy'))).toEqual(filesOf(folder));
  });
});

describe('what a probe tells of a run', () => {
  const tell = async (name: string, told: Partial<FleetEvent>) => {
    const stored: Uint8Array[] = [];
    const outbox = await RunOutbox.take('a', name, new RunJournal(join(dir, `${name}.jsonl`)));
    await outbox.addEvent({ v: PROTOCOL, fleetRun: name, ...told } as FleetEvent);
    await outbox.send(async (_, __, payload) => {
      stored.push(payload);
    });
    return { event: readMessage(event, stored[0]!), bytes: stored[0]!.length };
  };

  it('is as short as the operator takes it and the stream has room for, however long a policy is', async () => {
    const long = '\u0007'.repeat(5_000);
    const refused = await tell('refused', { kind: 'refused', reasons: Array(150).fill(long) });
    expect(refused.event).toMatchObject({ kind: 'refused' });
    expect((refused.event as { reasons: string[] }).reasons.at(-1)).toBe('and for 142 more reasons');
    expect(refused.bytes).toBeLessThan(STREAMS.events.max_msg_size);
    const ended = await tell('ended', { kind: 'ended', status: 'failed', why: long });
    expect(ended.event).toMatchObject({ status: 'failed', why: expect.stringMatching(/\.\.\.$/) });
    const short = await tell('short', { kind: 'refused', reasons: ['no', 'never'] });
    expect(short.event).toMatchObject({ reasons: ['no', 'never'] });
  });
});

suiteNeeding('an outbox with a real server', ['nats-server'], () => {
  it('loses and doubles nothing while the server is killed again and again', async () => {
    const fleet = await TestFleet.start(['a']);
    try {
      const folder = join(dir, 'killed');
      mkdirSync(folder);
      writeFileSync(join(folder, 'run.json'), '{}');
      const path = join(dir, 'killed.jsonl');
      let outbox = await RunOutbox.take('a', 'killed', new RunJournal(path));
      await outbox.addFolder(folder, '');
      const link = await fleet.connect('a');
      const publish = publishTo(link);
      let failures = 0;
      const send = async (): Promise<boolean> => {
        await outbox.send(publish).catch(() => {
          failures += 1;
        });
        return outbox.isDone;
      };
      for (let second = 0; second < 60; second += 1) {
        appendFileSync(join(folder, 'frames.jsonl'), `{"second":${second}}\n`);
        const sending = send();
        if (second % 25 === 10) await fleet.kill();
        await sending;
        if (second % 25 === 11) await fleet.startAgain();
        // As a new process would begin.
        if (second % 20 === 19) outbox = await RunOutbox.reopen('a', 'killed', new RunJournal(path));
      }
      await outbox.finish();
      await expect.poll(send, { timeout: 60_000 }).toBe(true);
      expect(failures).toBeGreaterThan(0);
      const messages: Uint8Array[] = [];
      await readStream(
        await fleet.connect('operator'),
        { stream: STREAMS.runs.name, filter: SUBJECTS.run('*', 'killed') },
        (message) => void messages.push(message.data),
      );
      const { state, twice } = await receive(join(dir, 'killed-copy'), messages);
      expect({ state, twice }).toEqual({ state: { hasEnded: true, missing: [], differing: [] }, twice: 0 });
      expect(filesOf(join(dir, 'killed-copy'))).toEqual(filesOf(folder));
    } finally {
      await fleet.close();
    }
  });
});
