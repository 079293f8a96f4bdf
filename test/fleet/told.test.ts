import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFleetFile } from '../../src/store/fleet-file.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { FleetOfCommands } from './fleet-of-commands.ts';

suiteNeeding('what a probe and its operator are told', ['nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: 'targets: [127.0.0.1]\n', b: '' });
  });
  afterEach(() => fleet.close());

  it('of a server that comes late, goes, and comes again; and of a probe that is revoked during a run, which ends without it', async () => {
    const server = await fleet.up('a', 'b');
    await fleet.end(server, 'SIGTERM');
    // The server's own copy goes when a probe is revoked.
    const file = join(fleet.dir, 'fleet/credentials/a.json');
    const held = readFileSync(file, 'utf8');
    const probe = fleet.probe('a');
    await fleet.says(probe, `no connection to tls://127.0.0.1:${fleet.port} (`);
    await fleet.says(probe, 'it is tried again every 2 s (is "rushhour fleet up" running there?)');
    const second = await fleet.up();
    await fleet.says(probe, `connected to 127.0.0.1:${fleet.port}, and waiting for orders`);
    await fleet.end(second, 'SIGTERM');
    await fleet.says(probe, 'the server is away: it is tried again, and what is recorded waits on the disk');
    await fleet.up();
    await fleet.says(probe, `connected to 127.0.0.1:${fleet.port} again`);
    fleet.probe('b');
    await fleet.present('a', 'b');
    const { running, id } = await fleet.order('quickstart', '--rate', '50', '-t', '20s');
    await fleet.says(running, 'a: started');
    expect((await fleet.call('fleet', 'revoke', 'a')).code).toBe(0);
    await fleet.says(
      probe,
      'the server refuses the credentials of a: they were revoked, or are of another fleet',
    );
    await fleet.says(running, 'a: was revoked: nothing more comes of it');
    const [code] = running.exitCode === null ? await once(running, 'close') : [running.exitCode];
    expect(code).toBe(5);
    const { out } = fleet.said(running);
    expect(out).toMatch(/^ {2}b .*complete /m);
    expect(out).toContain('a: was revoked before it told how it ended: nothing more comes');
    const kept = JSON.parse(readFileSync(join(fleet.dir, 'results', id, 'fleet.json'), 'utf8'));
    expect(kept.parts.map(({ isRevoked }: { isRevoked?: true }) => isRevoked)).toEqual([true, undefined]);
    // Whoever receives it elsewhere is told as well, though the order has gone.
    const elsewhere = await fleet.call('fleet', 'pull', id, '--results', 'elsewhere', '--no-wait');
    expect(elsewhere.code).toBe(5);
    expect(elsewhere.out).toContain('a: was revoked before it told how it ended: nothing more comes');
    // Its own run goes on to its planned end.
    await fleet.says(probe, `${id}: complete`);
    await fleet.end(probe, 'SIGTERM');
    const { err } = fleet.said(probe);
    expect(err.match(/refuses the credentials/g)).toHaveLength(1);
    // Why has been said.
    expect(err.split('refuses the credentials')[1]).not.toContain('cannot be told');
    // Whoever was revoked before it came is told as well.
    writeFileSync(file, held, { mode: 0o600 });
    await fleet.says(fleet.probe('a'), 'it is tried again every 2 s (ask the operator for a token');
  });

  it('of another process that is the same probe: beside it, or with copied credentials elsewhere', async () => {
    const server = await fleet.up('a');
    await fleet.says(server, 'each needs a policy of its owner first: docs/fleet.md has one to begin with\n');
    const probe = fleet.probe('a');
    await fleet.present('a');
    const beside = await fleet.call(
      ...['probe', '--credentials', 'fleet/credentials/a.json', '--policy', 'a.yaml', '--results', 'a'],
    );
    expect(beside.code).toBe(5);
    expect(beside.err).toBe(
      `rushhour: probe a runs already with ${join(fleet.dir, 'a/.probe')} (process ${probe.pid})\n` +
        '  end that one, or give each probe of this machine a folder of its own: --results DIR\n',
    );
    const copied = fleet.probe('a', ['--results', 'elsewhere']);
    const what = `another process connects as a, on a machine that calls itself ${hostname()}: each order goes to one of the two alone`;
    await fleet.says(probe, what);
    await fleet.says(copied, what);
    await expect.poll(async () => (await fleet.call('fleet', 'ls')).out, { timeout: 60_000 }).toContain(what);
  });

  it('of a results folder that an operator receives runs in', async () => {
    await fleet.up('a');
    const received = { schema: 1, id: '20250131-060000-steady-k3f9', startsAtMs: 0, parts: [] } as const;
    await writeFleetFile(join(fleet.dir, 'a'), received);
    const probe = fleet.probe('a');
    await fleet.says(
      probe,
      `rushhour: ${join(fleet.dir, 'a')} holds runs of a fleet, such as ${received.id}, that an operator received: runs of this probe would be listed twice there; give it a folder of its own, such as --results a\n`,
    );
    await fleet.present('a');
  });

  it('of a results folder that cannot be one, before anything is asked or ordered', async () => {
    const server = await fleet.up('a');
    writeFileSync(join(fleet.dir, 'file'), '');
    const probe = fleet.probe('a');
    await fleet.present('a');
    for (const results of ['file/results', '/proc/results']) {
      const flags = ['--credentials', 'fleet/credentials/a.json', '--policy', 'a.yaml', '--results', results];
      for (const args of [
        ['probe', ...flags],
        ['fleet', 'run', 'quickstart', '-t', '2s', '--results', results],
        ['fleet', 'pull', '20250131-060000-steady-k3f9', '--results', results],
        ['fleet', 'follow', '20250131-060000-steady-k3f9', '--results', results],
      ]) {
        const { code, out, err } = await fleet.call(...args);
        expect(err).toMatch(
          /^rushhour: cannot write results to .*results \(E[A-Z]+: .*\)\n {2}choose a writable folder with --results DIR, or free disk space\n$/,
        );
        expect({ code, out }).toEqual({ code: 5, out: '' });
      }
      const state = ['--results', 'a2', '--state', results];
      const { code, err } = await fleet.call('probe', ...flags.slice(0, 4), ...state);
      expect(err).toMatch(
        /cannot keep in .*results what is to be sent \(E.*\n {2}choose .* with --state DIR/,
      );
      expect(code).toBe(5);
    }
    expect(fleet.said(probe).err).not.toContain('accepted');
    // Of nothing, nothing is kept.
    for (const args of [
      ['pull', '20250131-060000-steady-k3f9'],
      ['follow', '20250131-060000-steady-k3f9'],
      ['run', 'quickstart', '--on', 'site=none'],
    ]) {
      expect((await fleet.call('fleet', ...args, '--results', 'above/results')).code).toBe(2);
      expect(existsSync(join(fleet.dir, 'above'))).toBe(false);
    }
    await fleet.end(server, 'SIGTERM');
  });

  it('of credentials of another role, folders that cannot be made, and a load of nothing', async () => {
    const server = await fleet.up('a');
    writeFileSync(join(fleet.dir, 'file'), '');
    const ofProbe = ['--credentials', 'fleet/credentials/a.json'];
    const ofServer = ['--credentials', 'fleet/credentials/server.json'];
    const run = '20250131-060000-steady-k3f9';
    const roles: [args: string[], whose: string][] = [
      [['fleet', 'ls', ...ofProbe], 'the probe a'],
      [['fleet', 'run', 'quickstart', ...ofProbe], 'the probe a'],
      [['fleet', 'stop', run, ...ofProbe], 'the probe a'],
      [['fleet', 'soak', 'ls', ...ofProbe], 'the probe a'],
      [['fleet', 'rm', run, ...ofServer], 'the program that runs the server'],
      [['probe', '--policy', 'a.yaml', ...ofServer], 'the program that runs the server'],
    ];
    for (const [args, whose] of roles) {
      const { code, err } = await fleet.call(...args);
      expect(err).toContain(`.json holds the credentials of ${whose}\n  give those of a`);
      expect(code).toBe(2);
    }
    // A device that has no end is read no further than any such file is long.
    for (const [args, what] of [
      [['fleet', 'ls', '--credentials', '/dev/zero'], 'the credentials /dev/zero cannot be read'],
      [['probe', ...ofProbe, '--policy', '/dev/zero'], 'the policy /dev/zero cannot be read'],
    ] as const) {
      const { code, err } = await fleet.call(...args);
      expect(err).toContain(`${what} (it is larger than 1 MiB)`);
      expect(code).toBe(2);
    }
    for (const dir of ['file/x', '/proc/x']) {
      const up = await fleet.call('fleet', 'up', '--fleet', dir);
      expect(up.err).toMatch(
        /^rushhour: the folder .*\/x of the fleet cannot be made \(E[A-Z]+: .*\n {2}choose another/,
      );
      expect(up.code).toBe(5);
    }
    const { out: token } = await fleet.call('fleet', 'enroll', 'c');
    for (const file of ['file/x', '/proc/x']) {
      const { code, err } = await fleet.call('probe', '--enroll', token.trim(), '--credentials', file);
      expect(err).toMatch(/^rushhour: the credentials .*\/x cannot be written \(E[A-Z]+: /);
      expect(code).toBe(5);
    }
    const nothing = await fleet.call('fleet', 'run', 'quickstart', '--rate-total', '0');
    expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining('--rate-total 0 sends nothing') });
    await fleet.end(server, 'SIGTERM');
    writeFileSync(join(fleet.dir, 'fleet/ca.crt'), 'none');
    const damaged = await fleet.call('fleet', 'up', '--port', String(fleet.port));
    expect(damaged.err).toMatch(/^rushhour: .*\/ca\.crt is no certificate\n {2}bring it back/);
    expect(damaged.code).toBe(5);
  });

  it('of a server that was killed, and by what', async () => {
    const up = await fleet.up('a');
    const pid = Number(readFileSync(`/proc/${up.pid}/task/${up.pid}/children`, 'utf8').trim().split(' ')[0]);
    process.kill(pid, 'SIGKILL');
    await once(up, 'close');
    expect(fleet.said(up).err).toContain('nats-server ended: killed by SIGKILL');
    // A terminal's Ctrl-C reaches one process group alone.
    const again = await fleet.up();
    const [, child = ''] =
      /(\d+)/.exec(readFileSync(`/proc/${again.pid}/task/${again.pid}/children`, 'utf8')) ?? [];
    const groupOf = (id: string | number): string =>
      readFileSync(`/proc/${id}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[2]!;
    expect(groupOf(child)).not.toBe(groupOf(again.pid!));
  });

  it('ends attempts in progress at a second signal, and keeps what was recorded', async () => {
    const silent = createServer();
    const sockets = new Set<Socket>();
    silent.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const server = await fleet.up('a');
      const probe = fleet.probe('a');
      await fleet.present('a');
      const { port } = silent.address() as AddressInfo;
      writeFileSync(
        // No id can hold this name as it stands.
        join(fleet.dir, 'si lent.yaml'),
        `schema: 1\ntarget: http://127.0.0.1:${port}/\narms:\n  web:\n    via: direct\n    timeouts: { response: 2m }\n    load: [{ hold: { rate: 5/s, for: 10m } }]\n`,
      );
      const { running, id } = await fleet.order('./si lent.yaml');
      expect(id).toContain('-si-lent-');
      await fleet.says(running, 'a: started');
      await expect.poll(() => sockets.size, { timeout: 30_000 }).toBeGreaterThan(3);
      probe.kill('SIGINT');
      // No attempt begins any more, and those in progress would go on for minutes.
      await expect
        .poll(
          async () => {
            const before = sockets.size;
            await new Promise((resolve) => setTimeout(resolve, 1_500));
            return sockets.size - before;
          },
          { timeout: 30_000 },
        )
        .toBe(0);
      expect(probe.exitCode).toBeNull();
      probe.kill('SIGINT');
      await once(probe, 'exit');
      expect(fleet.said(probe).err).toContain(`${id}: interrupted`);
      const { own } = fleet.bothOf('a', id);
      expect(JSON.parse(own['summary.json']!).run.status).toBe('interrupted');
      await fleet.end(running, 'SIGKILL');
      await fleet.end(server, 'SIGTERM');
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});
