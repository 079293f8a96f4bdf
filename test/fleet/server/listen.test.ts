import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectFleet } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { FleetServer } from '../../../src/fleet/server/fleet-server.ts';
import { findNatsServer } from '../../../src/fleet/server/nats-server.ts';
import {
  certifiedHosts,
  changeSettings,
  keepSettings,
  reachedAs,
  requireOwnAddress,
  urlsFor,
} from '../../../src/fleet/server/settings.ts';
import { freePort } from '../../peers/peer.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const DAY_MS = 86_400_000;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-fleet-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('keeps where a server listens, until it is told otherwise', async () => {
  expect(await changeSettings(dir, {})).toMatchObject({ address: '127.0.0.1', port: 4222, names: [] });
  const given = await changeSettings(dir, { listen: '[fd00::5]:4300', names: ['fleet.example.org'] });
  // Of a server that has not started, nothing is kept.
  expect(await changeSettings(dir, {})).toMatchObject({ address: '127.0.0.1' });
  await keepSettings(dir, given);
  expect(given).toMatchObject({ address: 'fd00::5', port: 4300, names: ['fleet.example.org'] });
  expect(await changeSettings(dir, {})).toEqual(given);
  expect(urlsFor(reachedAs(given), given)).toEqual(['tls://fleet.example.org:4300']);
  expect(certifiedHosts(given)).toEqual(['fleet.example.org', 'fd00::5', '127.0.0.1', 'localhost']);
  const moved = await changeSettings(dir, { listen: 'fd00::6' });
  expect(urlsFor(reachedAs(moved), moved)).toEqual(['tls://[fd00::6]:4300']);
});

it.each([
  ['no way to reach it', { listen: '0.0.0.0' }, '0.0.0.0 does not say how probes reach this machine'],
  ['a name to listen at', { listen: 'fleet.example.org' }, 'not an address of this machine'],
  ['a port that is none', { listen: '10.0.0.5:70000' }, 'not an address of this machine'],
  ['a port that nobody finds', { port: 0 }, '--port 0 is no port at which probes could find the server'],
  ['one port for two', { port: 4300, websocketPort: 4300 }, '--port and --websocket-port are both 4300'],
  [
    'two ports for one',
    { listen: '127.0.0.1:4300', port: 4301 },
    '--listen has port 4300, and --port is 4301',
  ],
  [
    'the port of a cluster for probes',
    { cluster: 'a,b,c', names: ['a'], clusterPort: 4310, port: 4310 },
    '--port and --cluster-port are both 4310',
  ],
  ['a name with a port', { names: ['fleet.example.org:4222'] }, 'neither a name nor an address'],
  ['a name that would be more in a file', { names: ['a", "b'] }, 'neither a name nor an address'],
])('refuses %s', async (_, change, message) => {
  await expect(changeSettings(dir, change)).rejects.toThrow(message);
});

it.each(['192.0.2.1', '2001:db8::1'])('says that %s is no address of this machine', async (address) => {
  const settings = { ...(await changeSettings(dir, {})), address };
  await expect(requireOwnAddress(settings)).rejects.toThrow(`${address} is no address of this machine`);
});

it('takes loopback for an address of this machine', async () => {
  await requireOwnAddress(await changeSettings(dir, {}));
});

suiteNeeding('a server beyond loopback', ['linux', 'nats-server', 'openssl'], () => {
  let server: FleetServer | undefined;
  afterEach(() => server?.stop());

  /** 127.0.0.2 stands for an address of the machine: what is only for 127.0.0.1 fails there. */
  const start = async (now: () => number): Promise<FleetServer> => {
    const settings = await changeSettings(dir, { listen: `127.0.0.2:${await freePort()}` });
    const program = findNatsServer(process.env['PATH'] ?? '');
    server = await FleetServer.start({ program, dir, settings, probes: ['a'], now, say: () => {} });
    return server;
  };
  const shownCertificate = async (): Promise<string> => {
    const port = Number(/:(\d+)"/.exec(readFileSync(server!.folder.configFile, 'utf8'))?.[1]);
    const socket = connectTcp(port, '127.0.0.2');
    await once(socket, 'data');
    const secured = connectTls({ socket, ca: server!.folder.ca, servername: '', host: '127.0.0.2' });
    await once(secured, 'secureConnect');
    const { fingerprint256 } = secured.getPeerX509Certificate()!;
    secured.destroy();
    return fingerprint256;
  };

  it('takes probes at an address, and renews its certificate without losing those that hold the old credentials', async () => {
    let nowMs = Date.now();
    await start(() => nowMs);
    const credentials = await readCredentials(server!.folder.probeFiles.get('a')!);
    expect(credentials.servers).toEqual([expect.stringMatching(/^tls:\/\/127\.0\.0\.2:\d+$/)]);
    const before = await connectFleet(credentials, { isPatient: false });
    const statuses: string[] = [];
    void (async () => {
      for await (const { type } of before.connection.status()) statuses.push(type);
    })();
    const first = await shownCertificate();
    await server!.refresh();
    expect(await shownCertificate()).toBe(first);
    nowMs += 70 * DAY_MS;
    await server!.refresh();
    expect(await shownCertificate()).not.toBe(first);
    // As a probe that was switched off all the time.
    const after = await connectFleet(credentials, { isPatient: false });
    await Promise.all([before.connection.flush(), after.connection.flush()]);
    expect(statuses).not.toContain('disconnect');
    await before.connection.close();
    await after.connection.close();
  });

  it('signs with an authority that OpenSSL takes for years, and each certificate for months', async () => {
    const nowMs = Date.now();
    let laterMs = nowMs;
    await start(() => laterMs);
    const [ca, certificate] = [join(dir, 'ca.crt'), join(dir, 'server.crt')];
    const verify = (days: number): string => {
      const at = String(Math.floor(nowMs / 1_000) + days * 86_400);
      const flags = ['-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.2', '-attime', at];
      try {
        return execFileSync('openssl', ['verify', ...flags, '-CAfile', ca, certificate], {
          encoding: 'utf8',
          stdio: 'pipe',
        });
      } catch (error) {
        return (error as { stderr: string }).stderr;
      }
    };
    expect(verify(0)).toContain('server.crt: OK');
    expect(verify(89)).toContain('server.crt: OK');
    expect(verify(91)).toContain('certificate has expired');
    laterMs += 70 * DAY_MS;
    await server!.refresh();
    expect(verify(91)).toContain('server.crt: OK');
    // For a machine that starts with the time at which it was last switched off.
    expect(verify(0)).toContain('server.crt: OK');
    const lasts = (file: string, days: number) =>
      execFileSync('openssl', ['x509', '-in', file, '-noout', '-checkend', String(days * 86_400)], {
        encoding: 'utf8',
      });
    expect(lasts(ca, 19 * 365)).toContain('will not expire');
  });

  it('never replaces the authority that probes trust', async () => {
    let nowMs = Date.now();
    await start(() => nowMs);
    const ca = readFileSync(join(dir, 'ca.crt'), 'utf8');
    rmSync(join(dir, 'ca.key'));
    await server!.refresh();
    nowMs += 70 * DAY_MS;
    await expect(server!.refresh()).rejects.toThrow('is not the key of');
    expect(readFileSync(join(dir, 'ca.crt'), 'utf8')).toBe(ca);
  });
});
