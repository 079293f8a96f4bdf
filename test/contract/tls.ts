import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CreateEngine, EngineArm, EngineTls } from '../../src/engine/types.ts';
import { createSelfSigned } from '../../src/net/self-signed.ts';
import { serverNameOf } from '../../src/scenario/host-names.ts';
import { armTo, countOutcomes, outcomeOf } from '../support/arms.ts';
import { responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, driveSoundly } from './attempts.ts';
import { tunnelTo } from './tunnels.ts';

const OK = responseOf('hello');
const DAY_MS = 24 * 3_600_000;

const OWN = createSelfSigned('rushhour test', ['origin.test', '127.0.0.1'], Date.now());
const EXPIRED = createSelfSigned('rushhour test', ['origin.test'], Date.now() - 100 * DAY_MS);

const TRUSTING: EngineTls = {
  serverName: serverNameOf('origin.test'),
  ca: OWN.certificate,
  insecure: false,
  minVersion: 'TLSv1.2',
  resumption: false,
};

interface SecurePeer {
  readonly host: string;
  readonly port: number;
  /** What each connection was, in order. */
  readonly seen: { reused: boolean; serverName: string; version: string | null }[];
  readonly ends: string[];
}

async function startSecure(
  identity = OWN,
  options: TlsOptions = {},
  answer: (socket: TLSSocket) => void = (socket) => socket.end(OK),
): Promise<SecurePeer> {
  const seen: SecurePeer['seen'] = [];
  const ends: string[] = [];
  const server = createTlsServer({ key: identity.key, cert: identity.certificate, ...options }, (socket) => {
    const { servername } = socket as TLSSocket & { servername: string | false };
    const serverName = servername === false ? '' : servername;
    seen.push({ reused: socket.isSessionReused(), serverName, version: socket.getProtocol() });
    socket.on('error', ({ message }) => ends.push(message));
    socket.on('end', () => ends.push('end'));
    socket.once('data', () => answer(socket));
  });
  server.on('tlsClientError', () => {});
  return { ...(await listen(server)), seen, ends };
}

async function listen(server: Server): Promise<{ host: string; port: number }> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** A proxy that opens a tunnel to one place and dies with its connections where told to. */
async function startTunnelling(to: { port: number }): Promise<{ host: string; port: number; die(): void }> {
  const { connect } = await import('node:net');
  const pairs = new Set<{ destroy(): void }>();
  const server = createTcpServer((near) => {
    near.once('data', () => {
      const far = connect(to.port, '127.0.0.1', () => {
        near.write('HTTP/1.1 200 OK\r\n\r\n');
        near.pipe(far).pipe(near);
      });
      for (const socket of [near, far]) {
        pairs.add(socket);
        socket.on('error', () => {});
      }
    });
  });
  return { ...(await listen(server)), die: () => pairs.forEach((socket) => void socket.destroy()) };
}

const secureTo = (peer: { host: string; port: number }, changes: Partial<EngineArm> = {}): EngineArm =>
  armTo(peer, { tls: TRUSTING, close: 'fin', ...changes });

export function describeTls(create: CreateEngine): void {
  describe('TLS', () => {
    it('comes after the handshake and before the request, and is timed by itself', async () => {
      const peer = await startSecure();
      const record = await attemptOnce(create, secureTo(peer));
      expect(record).toMatchObject({ phase: 'done', status: 200, tunnelledAtUs: -1, bytes: OK.length });
      expect(record.securedAtUs).toBeGreaterThan(record.establishedAtUs);
      expect(record.firstByteAtUs).toBeGreaterThanOrEqual(record.securedAtUs);
      expect(peer.seen).toEqual([{ reused: false, serverName: 'origin.test', version: 'TLSv1.3' }]);
    });

    it('goes through a tunnel', async () => {
      const proxy = await startTunnelling(await startSecure());
      const record = await attemptOnce(create, tunnelTo(proxy, { tls: TRUSTING, close: 'fin' }));
      expect(outcomeOf(record)).toBe('ok');
      expect(record.securedAtUs).toBeGreaterThan(record.tunnelledAtUs);
      expect(record.tunnelledAtUs).toBeGreaterThan(record.establishedAtUs);
    });

    it('takes an address for what the certificate must name, and sends no server name for it', async () => {
      const peer = await startSecure();
      const named = (name: string) =>
        secureTo(peer, { tls: { ...TRUSTING, serverName: serverNameOf(name) } });
      expect(outcomeOf(await attemptOnce(create, named('127.0.0.1')))).toBe('ok');
      expect(peer.seen.map(({ serverName }) => serverName)).toEqual(['']);
      expect(outcomeOf(await attemptOnce(create, named('127.0.0.2')))).toBe('tls-wrong-name');
    });

    const CERTIFICATES = [
      ['that nobody trusts', OWN, { ...TRUSTING, ca: EXPIRED.certificate }, 'tls-untrusted'],
      ['of nobody the system knows', OWN, { ...TRUSTING, ca: undefined }, 'tls-untrusted'],
      ['that has expired', EXPIRED, { ...TRUSTING, ca: EXPIRED.certificate }, 'tls-expired'],
      ['for another name', OWN, { ...TRUSTING, serverName: serverNameOf('other.test') }, 'tls-wrong-name'],
    ] as const;
    it.each(CERTIFICATES)('refuses a certificate %s', async (_what, identity, { ca, ...tls }, outcome) => {
      const peer = await startSecure(identity);
      const trust = { ...tls, ...(ca === undefined ? {} : { ca }) };
      const record = await attemptOnce(create, secureTo(peer, { tls: trust }));
      expect(outcomeOf(record)).toBe(outcome);
      expect(record).toMatchObject({ phase: 'tls', cause: 'tls', securedAtUs: -1, firstByteAtUs: -1 });
      const careless = await attemptOnce(create, secureTo(peer, { tls: { ...trust, insecure: true } }));
      expect(outcomeOf(careless)).toBe('ok');
    });

    it('tells the far end’s alert, during the handshake and after it', async () => {
      const old = await startSecure(OWN, { maxVersion: 'TLSv1.2' });
      const modern = { ...TRUSTING, minVersion: 'TLSv1.3' } as const;
      const refused = await attemptOnce(create, secureTo(old, { tls: modern }));
      expect([outcomeOf(refused), refused.phase]).toEqual(['tls-alert', 'tls']);
      const strict = await startSecure(OWN, { requestCert: true, rejectUnauthorized: true });
      expect(outcomeOf(await attemptOnce(create, secureTo(strict)))).toBe('tls-alert');
    });

    it('tells what is no TLS', async () => {
      const plain = await startPeer({ accepted: (socket) => socket.write('HTTP/1.1 400 Bad\r\n\r\n') });
      expect(outcomeOf(await attemptOnce(create, secureTo(plain)))).toBe('tls-failed');
    });

    it.each([
      ['closes', (socket: { end(): void }) => socket.end(), 'tls-closed', 'tunnel-cut'],
      [
        'resets',
        (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy(),
        'tls-closed',
        'tunnel-cut',
      ],
      ['is silent', () => {}, 'tls-timeout', 'tls-timeout'],
    ] as const)('tells a far end that %s during the handshake', async (_what, act, direct, tunnelled) => {
      const limit = { responseTimeoutUs: 250_000 };
      const dying = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => act(socket));
      });
      expect(outcomeOf(await attemptOnce(create, secureTo(await listen(dying), limit)))).toBe(direct);
      const proxy = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.once('data', () => act(socket));
        });
      });
      const arm = tunnelTo(await listen(proxy), { tls: TRUSTING, ...limit });
      expect(outcomeOf(await attemptOnce(create, arm))).toBe(tunnelled);
    });

    it('tells a proxy that dies with the response under way', async () => {
      let proxy: Awaited<ReturnType<typeof startTunnelling>> | undefined;
      const origin = await startSecure(OWN, {}, (socket) =>
        socket.write(OK.slice(0, 20), () => setTimeout(() => proxy?.die(), 50)),
      );
      proxy = await startTunnelling(origin);
      const record = await attemptOnce(create, tunnelTo(proxy, { tls: TRUSTING }));
      expect(outcomeOf(record)).toBe('tunnel-cut');
      expect(record.securedAtUs).toBeGreaterThan(0);
    });

    it('resumes the session of the arm’s last connection, where told to', async () => {
      const peer = await startSecure();
      const sequence = { starts: [{}, {}, {}], concurrency: 1 };
      const resuming = secureTo(peer, { tls: { ...TRUSTING, resumption: true } });
      await driveSoundly(create, { arms: [resuming], ...sequence });
      expect(peer.seen.map(({ reused }) => reused)).toEqual([false, true, true]);
      await driveSoundly(create, { arms: [secureTo(peer)], ...sequence });
      expect(peer.seen.slice(3).map(({ reused }) => reused)).toEqual([false, false, false]);
    });

    it.each([
      'TLSv1.2',
      'TLSv1.3',
    ] as const)('keeps no session of a %s far end it distrusts', async (version) => {
      const peer = await startSecure(OWN, { maxVersion: version });
      const tls = { ...TRUSTING, serverName: serverNameOf('other.test'), resumption: true };
      const plan = { arms: [secureTo(peer, { tls })], starts: [{}, {}, {}], concurrency: 1 };
      const { records } = await driveSoundly(create, plan);
      expect(countOutcomes(records)).toEqual({ 'tls-wrong-name': 3 });
      expect(peer.seen.filter(({ reused }) => reused)).toEqual([]);
    });

    it('waits for the far end to close, holds, and resets, as the arm says', async () => {
      const closing = await startSecure();
      expect(outcomeOf(await attemptOnce(create, secureTo(closing, { close: 'peer' })))).toBe('ok');
      const staying = await startSecure(OWN, {}, (socket) => socket.write(OK));
      const held = await attemptOnce(create, secureTo(staying, { holdUs: 100_000 }));
      expect(outcomeOf(held)).toBe('ok');
      expect(held.endedAtUs - held.respondedAtUs).toBeGreaterThanOrEqual(100_000);
      expect(outcomeOf(await attemptOnce(create, secureTo(staying, { close: 'reset' })))).toBe('ok');
      await expect.poll(() => staying.ends.some((end) => end.includes('ECONNRESET'))).toBe(true);
    });

    it('is given up when told to stop', async () => {
      let asked = false;
      const silent = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => (asked = true));
      });
      const { records } = await driveSoundly(create, {
        arms: [secureTo(await listen(silent))],
        starts: [{}],
        onTurn: (engine) => {
          if (asked) engine.abort();
        },
      });
      expect(records[0]).toMatchObject({ phase: 'tls', cause: 'stopped' });
    });

    it('keeps many connections apart', async () => {
      const proxy = await startTunnelling(await startSecure());
      const arm = tunnelTo(proxy, { tls: TRUSTING, close: 'fin' });
      const records = await attempt(
        create,
        arm,
        Array.from({ length: 60 }, () => ({})),
      );
      expect(new Set(records.map((record) => outcomeOf(record)))).toEqual(new Set(['ok']));
    });
  });
}
