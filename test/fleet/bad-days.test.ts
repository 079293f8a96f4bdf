import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectFleet } from '../../src/fleet/connect.ts';
import { readCredentials } from '../../src/fleet/credentials.ts';
import { PROTOCOL, SUBJECTS } from '../../src/fleet/protocol.ts';
import { withSmallDisk } from '../store/full-disk.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectWhole } from './expect-whole.ts';
import { FleetOfCommands, filesOf, secondsOf } from './fleet-of-commands.ts';
import { Relay } from './relay.ts';

suiteNeeding('bad days of a probe', ['nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: '' });
  });
  afterEach(() => fleet.close());

  it('without its link, a run goes on to its planned end and no further, and all of it arrives later', async () => {
    await fleet.up('a');
    const relay = await Relay.open(fleet.port);
    try {
      const file = join(fleet.dir, 'fleet/credentials/a.json');
      const port = /"tls:\/\/127\.0\.0\.1:(\d+)"/.exec(readFileSync(file, 'utf8'))?.[1];
      expect(Number(port)).toBe(fleet.port);
      writeFileSync(file, readFileSync(file, 'utf8').replace(`:${port}"`, `:${relay.port}"`));
      const probe = fleet.probe('a');
      await fleet.present('a');
      const { running, id } = await fleet.order('quickstart', '--rate', '50', '-t', '8s');
      await fleet.says(running, 'a: started');
      relay.cut();
      await fleet.says(probe, `${id}: complete`);
      expect(fleet.said(running).err).not.toContain('a: complete');
      // The link may have been cut before anything had arrived.
      const arrived = join(fleet.dir, 'results', `${id}-a`);
      const cut = existsSync(arrived) ? filesOf(arrived) : {};
      relay.mend();
      if (running.exitCode === null) await once(running, 'close');
      // On a busy machine, its criteria may not hold; nothing is missing.
      expect([0, 3]).toContain(running.exitCode);
      const { own, copy } = fleet.bothOf('a', id);
      expect(copy).toEqual(own);
      const seconds = secondsOf(copy);
      expect(seconds).toEqual(seconds.map((_, second) => second));
      expect(secondsOf(cut).length).toBeLessThan(seconds.length);
      const kept = JSON.parse(readFileSync(join(fleet.dir, 'results', id, 'fleet.json'), 'utf8'));
      const [accepted] = kept.parts[0].events;
      const { run, arms } = JSON.parse(copy['summary.json']!);
      const started = Object.values<{ started: number }>(arms).reduce((sum, arm) => sum + arm.started, 0);
      expect(run.status).toBe('complete');
      expect(started).toBeGreaterThan(0);
      expect(started).toBeLessThanOrEqual(accepted.attempts);
    } finally {
      relay.close();
    }
  });

  it('refuses an order of another version in words, and takes the same order once', async () => {
    await fleet.up('a');
    const probe = fleet.probe('a');
    await fleet.present('a');
    const link = await connectFleet(
      await readCredentials(join(fleet.dir, 'fleet/credentials/operator.json')),
      { isPatient: false },
    );
    try {
      const newer = JSON.stringify({ v: PROTOCOL + 1, kind: 'run', fleetRun: 'newer', what: 'else' });
      await link.jetstream.publish(SUBJECTS.order('a', 'newer'), newer);
      const pulled = await fleet.call('fleet', 'pull', 'newer');
      expect(pulled.code).toBe(5);
      expect(pulled.out).toContain(
        `refused by a: it is of version ${PROTOCOL + 1}, and this probe is of version ${PROTOCOL}: install the same rushhour on both`,
      );
      const { running, id } = await fleet.order('quickstart', '--rate', '50', '-t', '2s');
      const orders = await link.jetstream.consumers.get('RUSHHOUR_ORDERS', {
        filter_subjects: SUBJECTS.order('a', id),
      });
      const message = await orders.next({ expires: 5_000 });
      // Without its id, the server stores it again.
      for (const _ of [1, 2]) await link.jetstream.publish(SUBJECTS.order('a', id), message!.data);
      await once(running, 'close');
      expectWhole({ ...fleet.said(running), code: running.exitCode });
      const after = await fleet.order('quickstart', '--rate', '50', '-t', '2s');
      await once(after.running, 'close');
      expect(fleet.said(probe).err.match(new RegExp(`${id}: accepted`, 'g'))).toHaveLength(1);
      expect(fleet.runsOf('a')).toHaveLength(2);
    } finally {
      await link.connection.close();
    }
  });

  it('takes an answer of another version as a refusal, and waits for no other', async () => {
    await fleet.up('a');
    const link = await connectFleet(await readCredentials(join(fleet.dir, 'fleet/credentials/a.json')), {
      isPatient: false,
    });
    try {
      const answer = { v: PROTOCOL + 1, kind: 'postponed', fleetRun: 'newer', until: 'else' };
      await link.jetstream.publish(SUBJECTS.event('a', 'newer'), JSON.stringify(answer));
      const said = `it answers in version ${PROTOCOL + 1}, and this rushhour is of version ${PROTOCOL}: install the same on both`;
      const pulled = await fleet.call('fleet', 'pull', 'newer');
      expect(pulled.code).toBe(5);
      expect(pulled.out).toContain(`refused by a: ${said}`);
      expect((await fleet.call('fleet', 'stop', 'newer')).out).toBe(`a: refused: ${said}\n`);
    } finally {
      await link.connection.close();
    }
  });

  it('takes a changed policy without a restart, and nothing while it has mistakes', async () => {
    await fleet.up('a');
    const probe = fleet.probe('a');
    await fleet.present('a');
    const run = () => fleet.call('fleet', 'run', 'quickstart', '--rate', '50', '-t', '2s');
    fleet.writePolicy('a', 'schema: 1\nembedded: true\nrate: 10\nattempts: 5000\nsecrets: [hush-hush]\n');
    const broken = await run();
    expect(broken.out).toContain('refused by a: its policy cannot be read, which its owner has to mend\n');
    expect(broken.out + broken.err).not.toContain('hush');
    await fleet.says(probe, 'it takes no orders for now: ');
    fleet.writePolicy('a', 'schema: 1\nembedded: true\nrate: 10\nattempts: 5000\n');
    probe.kill('SIGHUP');
    await fleet.says(probe, 'the policy was read again');
    expect((await run()).out).toMatch(
      /^refused by a: \S+\/s exceeds the rate that the policy allows, 10\/s$/m,
    );
    expect(probe.exitCode).toBeNull();
  });
});

suiteNeeding('a probe on a full disk', ['nats-server', 'root'], () => {
  it('refuses what it cannot note, and loses nothing that it recorded before and after', async () => {
    await withSmallDisk(8_192, async (disk) => {
      const fleet = await FleetOfCommands.make({ a: '' });
      try {
        await fleet.up('a');
        const probe = fleet.probe('a', ['--results', disk.dir]);
        await fleet.present('a');
        const fill = () => disk.fill(8_192).catch(() => {});
        await fill();
        const refused = await fleet.call('fleet', 'run', 'quickstart', '--rate', '50', '-t', '2s');
        expect(refused.out).toContain('refused by a: its disk is full\n');
        await disk.makeRoom();
        const { running, id } = await fleet.order('quickstart', '--rate', '50', '-t', '12s');
        await fleet.says(running, 'a: started');
        await fill();
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        await disk.makeRoom();
        await fleet.says(probe, `${id}: complete`);
        if (running.exitCode === null) await once(running, 'close');
        const copy = filesOf(join(fleet.dir, 'results', `${id}-a`));
        const name = JSON.parse(copy['run.json']!).id;
        expect(copy).toEqual(filesOf(join(disk.dir, name)));
        expect(secondsOf(copy).length).toBeGreaterThan(6);
      } finally {
        await fleet.close();
      }
    });
  });
});
