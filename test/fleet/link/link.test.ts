import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shareMinter } from '../../../src/engine/auth/minter.ts';
import { connectFleet, type Link } from '../../../src/fleet/connect.ts';
import { type Credentials, readCredentials } from '../../../src/fleet/credentials.ts';
import type { ProxyRoute } from '../../../src/fleet/link/proxy.ts';
import { readServerProxy } from '../../../src/fleet/link/read-proxy.ts';
import { requestToken } from '../../../src/fleet/operator/ask-server.ts';
import { enrollProbe } from '../../../src/fleet/probe/enroll.ts';
import { STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { Kdc } from '../../peers/kdc.ts';
import { freePort } from '../../peers/peer.ts';
import { type Squid, startSquid } from '../../peers/squid.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { TestServer } from '../server/start-server.ts';

const SECRET = 'k3ep-this-0ut';
const only = (credentials: Credentials, scheme: string): Credentials => ({
  ...credentials,
  servers: credentials.servers.filter((url) => url.startsWith(scheme)),
});

/** Squid logs a tunnel once it has ended. */
const logged = async (squid: Squid, line: RegExp, count = 1): Promise<void> => {
  await expect.poll(async () => (await squid.requests()).join('\n').match(line)?.length).toBe(count);
};

suiteNeeding('ways to the server', ['nats-server', 'squid', 'openssl'], () => {
  let server: TestServer;
  let credentials: Credentials;
  let ports: { tls: number; web: number };
  beforeAll(async () => {
    ports = { tls: await freePort(), web: await freePort() };
    server = await TestServer.start(['a'], { port: ports.tls, websocketPort: ports.web });
    credentials = await readCredentials(server.fileOf('a'));
  });
  afterAll(() => server.close());

  /** Sends what the server stores, larger than one frame of anything, and takes an order. */
  const use = async ({ connection, jetstream }: Link, order: string): Promise<void> => {
    const { stream } = await jetstream.publish(SUBJECTS.run('a', order), Buffer.alloc(300_000, 7));
    expect(stream).toBe(STREAMS.runs.name);
    const operator = await server.connect(server.fileOf('operator'));
    await operator.jetstream.publish(SUBJECTS.order('a', order), order);
    const message = await (await jetstream.consumers.get(STREAMS.orders.name, 'a')).next({ expires: 5_000 });
    expect(message?.string()).toBe(order);
    message?.ack();
    await connection.flush();
  };
  const through = async (scheme: string, proxy?: ProxyRoute): Promise<void> => {
    const link = await connectFleet(only(credentials, scheme), { isPatient: false, proxy });
    try {
      await use(
        link,
        `${scheme}-${proxy?.auth?.scheme ?? 'none'}-${proxy === undefined ? 'direct' : 'proxy'}`,
      );
    } finally {
      await link.connection.close();
    }
  };

  it('names both ways in credentials, the plain one first', () => {
    const [tls, web] = [`tls://127.0.0.1:${ports.tls}`, `wss://127.0.0.1:${ports.web}`];
    expect(credentials.servers).toEqual([tls, web]);
  });

  it('works by WebSocket', () => through('wss'));

  it('falls back to the WebSocket where the other port does not answer, and comes back by it', async () => {
    const blocked = {
      ...credentials,
      servers: [`tls://127.0.0.1:${await freePort()}`, credentials.servers[1]!],
    };
    const link = await connectFleet(blocked, { isPatient: true });
    await use(link, 'fallback');
    const statuses: string[] = [];
    void (async () => {
      for await (const { type } of link.connection.status()) statuses.push(type);
    })();
    await server.startAgain();
    await expect.poll(() => statuses, { timeout: 30_000 }).toContain('reconnect');
    await use(link, 'again');
    await link.connection.close();
  });

  it.each(['tls', 'wss'])('trusts no other server by %s, and none of another name', async (scheme) => {
    const own = only(credentials, scheme);
    const other = await TestServer.start([]);
    try {
      const { ca } = await readCredentials(other.fileOf('operator'));
      await expect(connectFleet({ ...own, ca }, { isPatient: false })).rejects.toThrow(/certificate/);
    } finally {
      await other.close();
    }
    // Another address of the same server, which its certificate does not have.
    const relay = createServer((from: Socket) => {
      const to = connectTcp(scheme === 'tls' ? ports.tls : ports.web);
      from.pipe(to).pipe(from);
      for (const socket of [from, to]) socket.on('error', () => [from, to].map((each) => each.destroy()));
    });
    const port = await freePort();
    await new Promise<void>((listening) => relay.listen(port, '127.0.0.3', listening));
    try {
      const servers = [`${scheme}://127.0.0.3:${port}`];
      await expect(connectFleet({ ...own, servers }, { isPatient: false })).rejects.toThrow(
        /127\.0\.0\.3.*cert/i,
      );
    } finally {
      await new Promise((closed) => relay.close(closed));
    }
  });

  it('renews the certificate of the WebSocket, too', async () => {
    const shown = async (): Promise<string> => {
      const secured = connectTls({ port: ports.web, host: '127.0.0.1', ca: credentials.ca, servername: '' });
      await new Promise((done, failed) => secured.once('secureConnect', done).once('error', failed));
      const { fingerprint256 } = secured.getPeerX509Certificate()!;
      secured.destroy();
      return fingerprint256;
    };
    const first = await shown();
    server.aheadMs = 70 * 86_400_000;
    await server.fleet.refresh();
    server.aheadMs = 0;
    expect(await shown()).not.toBe(first);
  });

  it.each(['tls', 'wss'])('passes a proxy by CONNECT that asks nobody, by %s', async (scheme) => {
    const squid = await startSquid();
    try {
      await through(scheme, { host: '127.0.0.1', port: squid.port });
      await logged(squid, /^200 CONNECT 127\.0\.0\.1:\d+ /gm);
    } finally {
      await squid.stop();
    }
  });

  it.each([
    'tls',
    'wss',
  ])('authenticates to a proxy with Basic, by %s, and never repeats the password', async (scheme) => {
    const squid = await startSquid({ auth: { scheme: 'basic', users: { pi: SECRET } } });
    const file = join(server.dir, 'proxy-user');
    const connectAs = async (text: string | undefined): Promise<void> => {
      if (text !== undefined) writeFileSync(file, text);
      const proxy = await readServerProxy(
        { env: {}, cwd: server.dir },
        {
          serverProxy: `127.0.0.1:${squid.port}`,
          ...(text !== undefined && { serverProxyUser: '@proxy-user' }),
        },
      );
      return through(scheme, proxy);
    };
    try {
      await connectAs(`pi:${SECRET}\n`);
      await logged(squid, /^200 CONNECT \S+ pi$/gm);
      const wrong = await connectAs(`pi:${SECRET}-not\n`).catch((error: Error) => error);
      expect(String(wrong)).toContain(
        'answers CONNECT with 407: it does not take the credentials (Basic offered)',
      );
      const none = await connectAs(undefined).catch((error: Error) => error);
      expect(String(none)).toContain('answers CONNECT with 407: it wants credentials (Basic)');
      const basic = Buffer.from(`pi:${SECRET}-not`).toString('base64');
      for (const shown of [wrong, none]) {
        const all = `${JSON.stringify(shown)} ${(shown as Error).stack} ${String((shown as Error).cause)}`;
        expect(all).not.toMatch(new RegExp(`${SECRET}|${basic}`));
      }
    } finally {
      await squid.stop();
    }
  });

  it('enrolls through a proxy', async () => {
    const squid = await startSquid({ auth: { scheme: 'basic', users: { pi: SECRET } } });
    try {
      const { token } = await requestToken(await server.connect(server.fileOf('operator')), 'c', 60_000);
      const auth = { scheme: 'basic', user: { user: 'pi', password: SECRET } } as const;
      const file = join(server.dir, 'c.json');
      await enrollProbe(token, file, { host: '127.0.0.1', port: squid.port, auth });
      expect(readFileSync(file, 'utf8')).not.toContain(SECRET);
    } finally {
      await squid.stop();
    }
  });

  it('says which proxy does not answer, and takes no password from the command line', async () => {
    const port = await freePort();
    const proxy = { host: '127.0.0.1', port };
    await expect(through('tls', proxy)).rejects.toThrow(`proxy 127.0.0.1:${port}: connect ECONNREFUSED`);
    const place = { env: { PROXY_USER: `pi${SECRET}` }, cwd: '/' };
    const read = (flags: object) => readServerProxy(place, { serverProxy: 'proxy.example:3128', ...flags });
    const typed = await read({ serverProxyUser: `pi:${SECRET}` }).catch((error: Error) => error);
    expect(String(typed)).toContain('does not hold them');
    const broken = await read({ serverProxyUser: 'env:PROXY_USER' }).catch((error: Error) => error);
    expect(String(broken)).toContain('PROXY_USER does not hold user:password: there is no colon');
    for (const error of [typed, broken]) expect(`${error} ${(error as Error).stack}`).not.toContain(SECRET);
    await expect(read({ serverProxyKeytab: 'x' })).rejects.toThrow('Negotiate takes tickets');
  });
});

suiteNeeding(
  'a proxy that wants tickets on the way to the server',
  ['linux', 'nats-server', 'squid', 'krb5kdc', 'kadmin.local', 'kinit', 'npm:kerberos'],
  () => {
    const SERVICE = 'HTTP/proxy.rushhour.test';
    let kdc: Kdc;
    let server: TestServer;
    beforeAll(async () => {
      kdc = await Kdc.start([SERVICE, 'pi']);
      Object.assign(process.env, kdc.env);
      server = await TestServer.start(['a'], { websocketPort: await freePort() });
    });
    afterAll(async () => {
      await (await shareMinter()).close();
      for (const name of Object.keys(kdc.env)) delete process.env[name];
      await server.close();
      await kdc.stop();
    });

    it('authenticates with Negotiate, by a keytab, with a new token for each connection', async () => {
      const auth = {
        scheme: 'negotiate',
        service: `${SERVICE}@${Kdc.realm}`,
        keytab: kdc.keytab('http', [SERVICE]),
      } as const;
      const squid = await startSquid({ auth: { ...auth, krb5Config: kdc.acceptorConfig } });
      const link = async (flags: object): Promise<Link> => {
        const proxy = await readServerProxy(
          { env: {}, cwd: '/' },
          {
            ...{ serverProxy: `127.0.0.1:${squid.port}`, serverProxyNegotiate: true },
            ...{ serverProxyKeytab: kdc.keytab('pi', ['pi']), ...flags },
          },
        );
        return connectFleet(await readCredentials(server.fileOf('a')), { isPatient: false, proxy });
      };
      try {
        for (const _ of [1, 2]) {
          const { connection } = await link({ serverProxyService: SERVICE.replace('/', '@') });
          await connection.flush();
          await connection.close();
        }
        await logged(squid, /^200 CONNECT \S+ pi@/gm, 2);
        await expect(link({})).rejects.toThrow('Kerberos issues no tickets for an IP address');
        await expect(link({ serverProxyService: 'HTTP@nobody.rushhour.test' })).rejects.toThrow(/nobody/);
      } finally {
        await squid.stop();
      }
    });
  },
);
