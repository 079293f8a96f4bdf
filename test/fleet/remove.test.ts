import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectFleet } from '../../src/fleet/connect.ts';
import { readCredentials } from '../../src/fleet/credentials.ts';
import { STREAMS, SUBJECTS } from '../../src/fleet/protocol.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectWhole } from './expect-whole.ts';
import { FleetOfCommands } from './fleet-of-commands.ts';

suiteNeeding('what the server of a fleet has of runs', ['nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: '', b: '' });
    await fleet.up('a', 'b');
    fleet.probe('a');
    fleet.probe('b');
    await fleet.present('a', 'b');
  });
  afterEach(() => fleet.close());

  /** Messages of a run that the server has, and the bytes of its stream of runs. */
  const stored = async (id: string) => {
    const file = join(fleet.dir, 'fleet/credentials/operator.json');
    const { connection, jetstream } = await connectFleet(await readCredentials(file), { isPatient: false });
    try {
      const manager = await jetstream.jetstreamManager();
      const { state } = await manager.streams.info(STREAMS.runs.name, {
        subjects_filter: SUBJECTS.run('*', id),
      });
      const counts = Object.values(state.subjects ?? {});
      return { counts, bytes: state.bytes };
    } finally {
      await connection.close();
    }
  };
  const runFor = async (time: string): Promise<string> => {
    const { out } = await fleet.call('fleet', 'run', 'quickstart', '--rate', '20', '-t', time, '--json');
    return JSON.parse(out).id;
  };

  it('are removed once all of it is here, of that run alone, and whoever pulls it later is told what is missing', async () => {
    // It goes at once: probes may not have said yet that they are at nothing any more.
    const first = await runFor('2s');
    // Another that b was at, as far as the server sees it.
    const second = 'other';
    const credentials = await readCredentials(join(fleet.dir, 'fleet/credentials/b.json'));
    const { connection, jetstream } = await connectFleet(credentials, { isPatient: false });
    for (const part of ['one', 'two']) await jetstream.publish(SUBJECTS.run('b', second), part);
    await connection.close();
    const [before, other] = [await stored(first), await stored(second)];
    expect(other.counts).toEqual([2]);
    const copyOf = (probe: string, file: string) => join(fleet.dir, 'results', `${first}-${probe}`, file);
    const { size: whole } = statSync(copyOf('b', 'frames.jsonl'));
    const { size: summary } = statSync(copyOf('b', 'summary.json'));
    truncateSync(copyOf('b', 'frames.jsonl'), 10);
    rmSync(copyOf('b', 'summary.json'));
    appendFileSync(copyOf('a', 'frames.jsonl'), 'more');
    const changed = readFileSync(copyOf('a', 'run.json'), 'utf8').replace('{', '[');
    writeFileSync(copyOf('a', 'run.json'), changed);
    const lacking = await fleet.call('fleet', 'rm', first);
    expect(lacking).toMatchObject({ code: 5, out: '' });
    const what = [
      'a: run.json differs from what the probe has',
      'a: frames.jsonl is longer than what the probe has',
      `b: bytes 10 to ${whole} of frames.jsonl are missing`,
      `b: bytes 0 to ${summary} of summary.json are missing`,
    ].join(', ');
    expect(lacking.err).toBe(
      `rushhour: ${first} stays: not all of a, b is in ${join(fleet.dir, 'results')} as it was sent (${what}): "rushhour fleet pull ${first}" puts that right\n`,
    );
    expect(await stored(first)).toEqual(before);
    // It has only looked at them.
    expect(statSync(copyOf('b', 'frames.jsonl')).size).toBe(10);
    expect(existsSync(copyOf('b', 'summary.json'))).toBe(false);
    expect(readFileSync(copyOf('a', 'frames.jsonl'), 'utf8')).toMatch(/\nmore$/);
    expect(readFileSync(copyOf('a', 'run.json'), 'utf8')).toBe(changed);
    await fleet.call('fleet', 'pull', first);
    // A mistake in one id removes nothing of the others.
    const unknown = await fleet.call('fleet', 'rm', first, 'nobodys');
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toContain('the server has nothing of a run nobodys');
    expect(unknown.err).toContain(`the latest that it has: ${second}, ${first}`);
    expect(await stored(first)).toEqual(before);
    const { code, out } = await fleet.call('fleet', 'rm', first);
    expect(out).toMatch(new RegExp(`^${first}: (\\d+) messages removed from the server\\n$`));
    expect(code).toBe(0);
    const asked = await fleet.call('fleet', 'rm', 'nobodys');
    expect(asked.err).toContain(`the latest that it has: ${second};`);
    const removed = Number(/: (\d+) /.exec(out)![1]);
    const after = await stored(first);
    // The last message of each probe stays.
    expect(after.counts).toEqual([1, 1]);
    expect(removed).toBe(before.counts.reduce((sum, count) => sum + count, 0) - 2);
    expect(after.bytes).toBeLessThan(before.bytes);
    expect((await stored(second)).counts).toEqual(other.counts);
    expect(existsSync(join(fleet.dir, 'results', `${first}-a`, 'frames.jsonl'))).toBe(true);
    // Whoever has it has all; whoever has not does not wait for it.
    expectWhole(await fleet.call('fleet', 'pull', first));
    const late = await fleet.call('fleet', 'pull', first, '--results', 'late');
    expect(late.code).toBe(5);
    expect(late.out).toMatch(/of frames\.jsonl are missing/);
    const lost = await fleet.call('fleet', 'rm', first, '--results', 'late');
    expect([lost.code, lost.out]).toEqual([5, `${first}: 0 messages removed from the server\n`]);
    expect(lost.err).toMatch(/: bytes 0 to \d+ of frames\.jsonl are missing/);
    expect(lost.err).toContain('the server had no more of it: it was removed before, or is too old\n');
    expect(lost.err).not.toContain('fleet pull');
    // Again, there is nothing to remove.
    const again = await fleet.call('fleet', 'rm', first);
    expect(again).toMatchObject({ code: 0, out: `${first}: 0 messages removed from the server\n`, err: '' });
    // What is too long needs nothing of the server.
    appendFileSync(copyOf('a', 'frames.jsonl'), 'more');
    expect((await fleet.call('fleet', 'rm', first)).err).toContain(`"rushhour fleet pull ${first}" puts`);
    expectWhole(await fleet.call('fleet', 'pull', first));
    expect((await fleet.call('fleet', 'rm', first)).code).toBe(0);
  });

  it('stay while a probe is at it, or has not sent everything, unless nobody wants them', async () => {
    const { running, id } = await fleet.order('quickstart', '--rate', '20', '-t', '100s', '--on', 'probe=a');
    await fleet.says(running, 'a: started');
    await expect.poll(async () => (await stored(id)).counts.length, { timeout: 30_000 }).toBe(1);
    const copy = join(fleet.dir, 'results', `${id}-a`);
    await expect.poll(() => existsSync(join(copy, 'run.json')), { timeout: 30_000 }).toBe(true);
    // What is received stays, too.
    const pruned = await fleet.call('results', 'prune', '--max-size', '1kB', '--yes');
    expect(pruned.out).toContain('(being received from its fleet)');
    expect(existsSync(copy)).toBe(true);
    const listed = async () => (await fleet.call('fleet', 'ls')).out;
    await expect.poll(listed, { timeout: 30_000 }).not.toMatch(/^ {2}a .* idle /m);
    for (const flags of [[], ['--unreceived']]) {
      const busy = await fleet.call('fleet', 'rm', id, ...flags);
      expect([busy.code, busy.err]).toEqual([5, `rushhour: ${id} stays: a is at it\n`]);
    }
    await fleet.call('fleet', 'stop', id);
    if (running.exitCode === null) await once(running, 'close');
    await expect.poll(listed, { timeout: 30_000 }).toMatch(/^ {2}a .* idle /m);
    const elsewhere = await fleet.call('fleet', 'rm', id, '--results', 'none');
    expect(elsewhere.err).toContain('stays: not all of a is in');
    expect((await fleet.call('fleet', 'rm', id, '--results', 'none', '--unreceived')).code).toBe(0);
    expect((await stored(id)).counts).toEqual([1]);
    expect((await fleet.call('fleet', 'rm', '../x')).code).toBe(2);
  });

  it('stay while a probe has still to play it, and say so where it was revoked before it had sent all', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const flags = ['--at', at, '--no-follow', '--on', 'probe=a'];
    const id = (await fleet.call('fleet', 'run', 'quickstart', '--rate', '20', ...flags)).out.trim();
    const remove = async () => {
      const { code, err } = await fleet.call('fleet', 'rm', id);
      return [code, err];
    };
    const what = `rushhour: ${id} stays: a has still to play it; "rushhour fleet stop ${id}" takes it back\n`;
    // It says every now and then what it waits for.
    await expect.poll(remove, { timeout: 60_000, interval: 1_000 }).toEqual([5, what]);
    expect((await fleet.call('fleet', 'stop', id)).code).toBe(0);
    await expect.poll(remove, { timeout: 60_000, interval: 1_000 }).toEqual([0, '']);
    // Nobody sends the rest of this one.
    const { running, id: cut } = await fleet.order(
      ...['quickstart', '--rate', '20', '-t', '100s', '--on', 'probe=a'],
    );
    await fleet.says(running, 'a: started');
    await expect.poll(async () => (await stored(cut)).counts.length, { timeout: 30_000 }).toBe(1);
    expect((await fleet.call('fleet', 'revoke', 'a')).code).toBe(0);
    if (running.exitCode === null) await once(running, 'close');
    const gone = await fleet.call('fleet', 'rm', cut);
    expect([gone.code, gone.err]).toEqual([
      5,
      `rushhour: ${cut} stays: a has not sent everything, and a never will: credentials were revoked; --unreceived removes it all the same\n`,
    ]);
    expect((await fleet.call('fleet', 'rm', cut, '--unreceived')).code).toBe(0);
  });
});
