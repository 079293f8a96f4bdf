import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectFleet } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { STREAMS } from '../../../src/fleet/protocol.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FleetOfCommands, freePort, secondsOf } from '../fleet-of-commands.ts';

const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

suiteNeeding('a run of a fleet on a cluster of three', ['linux', 'nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: '', b: '' });
  });
  afterEach(() => fleet.close());
  const dirOf = (host: string): string => join(fleet.dir, host);

  const start = async (): Promise<void> => {
    const clusterPort = String(await freePort());
    const common = [
      '--port',
      String(fleet.port),
      '--cluster',
      HOSTS.join(','),
      '--cluster-port',
      clusterPort,
    ];
    const up = (host: string, ids: readonly string[]) =>
      fleet.start([
        ...['fleet', 'up', '--fleet', dirOf(host), '--listen', host, ...common],
        ...ids.flatMap((id) => ['--probe', id]),
      ]);
    const [first = '', ...others] = HOSTS;
    const begun = up(first, ['a', 'b']);
    await expect
      .poll(() => readdirSync(fleet.dir).includes(first) && readdirSync(dirOf(first)), { timeout: 60_000 })
      .toContain('nats-server.conf');
    for (const host of others) {
      mkdirSync(dirOf(host), { mode: 0o700 });
      mkdirSync(join(dirOf(host), 'credentials'), { mode: 0o700 });
      // What is being written has another name until it is whole.
      const written = readdirSync(join(dirOf(first), 'credentials')).filter((name) => name.endsWith('.json'));
      for (const name of [
        'ca.crt',
        'ca.key',
        'users.json',
        ...written.map((file) => join('credentials', file)),
      ])
        copyFileSync(join(dirOf(first), name), join(dirOf(host), name));
    }
    const all = [begun, ...others.map((host) => up(host, []))];
    for (const server of all) await fleet.says(server, 'press Ctrl-C');
  };

  /** As a crash of its machine would. @returns the host of the server that led the stream of runs */
  const killLeader = async (credentials: string): Promise<string> => {
    const link = await connectFleet(await readCredentials(credentials), { isPatient: false });
    const manager = await link.jetstream.jetstreamManager();
    const leader = (await manager.streams.info(STREAMS.runs.name)).cluster?.leader ?? '';
    await link.connection.close();
    const conf = join(dirOf(leader), 'nats-server.conf');
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      if (readCommand(pid).includes(conf)) process.kill(Number(pid), 'SIGKILL');
    return leader;
  };

  it('loses and doubles no second while the leader is killed, and one summary comes back', async () => {
    await start();
    const credentials = join(dirOf(HOSTS[0]!), 'credentials');
    for (const id of ['a', 'b'])
      fleet.start([
        ...['probe', '--credentials', join(credentials, `${id}.json`)],
        ...['--policy', `${id}.yaml`, '--results', id],
      ]);
    const operator = ['--credentials', join(credentials, 'operator.json')];
    const known = async () => (await fleet.call('fleet', 'ls', '--json', ...operator)).out;
    await expect.poll(known, { timeout: 120_000 }).toMatch(/"probe": "a".*"probe": "b"/s);
    const { running, id } = await fleet.order('quickstart', '--rate', '50', '-t', '20s', ...operator);
    for (const probe of ['a', 'b']) await fleet.says(running, `${probe}: started`);
    expect(HOSTS).toContain(await killLeader(join(credentials, 'operator.json')));
    if (running.exitCode === null) await once(running, 'close');
    // On a busy machine, its criteria may not hold; nothing is missing.
    expect([0, 3]).toContain(running.exitCode);
    for (const probe of ['a', 'b']) {
      const { own, copy } = fleet.bothOf(probe, id);
      expect(copy).toEqual(own);
      expect(JSON.parse(own['run.json']!).status).toBe('complete');
      expect(new Set(secondsOf(copy)).size).toBe(secondsOf(copy).length);
    }
    expect(fleet.said(running).out).toMatch(/^ {2}2 of 2 /m);
  });
});

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
