import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from '../../../src/engine/browser/profiles/chromium.ts';
import type { EngineTls } from '../../../src/engine/types.ts';
import { createSelfSigned } from '../../../src/net/self-signed.ts';
import { serverNameOf } from '../../../src/scenario/host-names.ts';
import { type Behaviour, responseOf, startPeer } from '../../support/servers.ts';
import { authOf, type PopulationOptions, populate } from './population.ts';

const OWN = createSelfSigned('rushhour test', ['origin.test'], Date.now());
const TLS: EngineTls = {
  serverName: serverNameOf('origin.test'),
  ca: OWN.certificate,
  insecure: false,
  minVersion: 'TLSv1.2',
  resumption: false,
};

interface ProxyOptions {
  /** Whether it asks for credentials, and what it does then. */
  readonly asks?: 'and keeps the connection' | 'and closes it';
  readonly identity?: typeof OWN;
  /** Instead of opening a tunnel. */
  readonly instead?: NonNullable<Behaviour['request']>;
  readonly answer?: string;
  /** Speaks HTTP/2 to whoever offers it. */
  readonly multiplexed?: (stream: ServerHttp2Stream, requests: number) => void;
}

/** A proxy that opens tunnels to an origin of its own, which answers each request in TLS. */
async function startProxy({
  asks,
  identity = OWN,
  instead,
  answer = responseOf('hello'),
  multiplexed,
}: ProxyOptions = {}) {
  const asked: { tunnel: string; isAuthorised: boolean }[] = [];
  let requests = 0;
  const challenge = (fields = ''): string =>
    responseOf(
      'who?',
      '407 Who',
      `Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="x"\r\n${fields}`,
    );
  const secure = createSecureServer({ key: identity.key, cert: identity.certificate });
  secure.on('stream', (stream) => {
    requests += 1;
    multiplexed?.(stream, requests);
  });
  const peer = await startPeer({
    request(socket, message) {
      if (!message.startsWith('CONNECT ')) return;
      const isAuthorised = /^Proxy-Authorization: /m.test(message);
      asked.push({ tunnel: message.split(' ')[1] ?? '', isAuthorised });
      if (instead !== undefined) {
        instead(socket, message);
        return;
      }
      if (asks !== undefined && !isAuthorised) {
        if (asks === 'and closes it') socket.end(challenge('Connection: close\r\n'));
        else socket.write(challenge());
        return;
      }
      socket.removeAllListeners('data').removeAllListeners('end');
      // What startPeer has set, to read text.
      (socket as unknown as { _readableState: { decoder: null; encoding: null } })._readableState.decoder =
        null;
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (multiplexed !== undefined) {
        secure.emit('connection', socket);
        return;
      }
      const secured = new TLSSocket(socket, {
        isServer: true,
        key: identity.key,
        cert: identity.certificate,
      });
      secured.on('error', () => socket.destroy());
      secured.on('end', () => secured.end());
      secured.on('data', (data) => {
        for (const _ of String(data).matchAll(/^GET /gm)) {
          requests += 1;
          secured.write(answer);
        }
      });
    },
  });
  return { peer, asked, requests: () => requests };
}

const CHROME: PopulationOptions = { tunnels: true, tls: TLS, profile: CHROMIUM, objects: 40 };

describe('a page over https, through tunnels', () => {
  it('takes six of them, the second for the document among them, and keeps them for the next page', async () => {
    const { peer, asked, requests } = await startProxy();
    const { add, pages, told, engine, records, outcomes, settled } = populate(peer, CHROME);
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    engine.release();
    await settled(6);
    expect(asked).toEqual(Array(6).fill({ tunnel: 'host0:443', isAuthorised: false }));
    expect(requests()).toBe(80);
    expect(told.pages.every((us) => us > 0)).toBe(true);
    expect(outcomes).toEqual(Array(6).fill('ok'));
    for (const record of records) {
      expect(record.tunnelledAtUs).toBeGreaterThan(record.establishedAtUs);
      expect(record.securedAtUs).toBeGreaterThan(record.tunnelledAtUs);
      expect(record).toMatchObject({ tunnelStatus: 200, status: 200 });
    }
  });

  it('asks for tunnels to each host', async () => {
    const { peer, asked } = await startProxy();
    const { add, pages } = populate(peer, { ...CHROME, objects: 9, hosts: 5 });
    add().open(0);
    await pages(1);
    const counts = [0, 1, 2, 3, 4].map(
      (host) => asked.filter(({ tunnel }) => tunnel === `host${host}:443`).length,
    );
    expect(counts).toEqual([2, 2, 2, 2, 2]);
  });

  // Chromium 156 through Squid 5.7 and a logging proxy (docs/browsers.md): connections, and refused requests for tunnels.
  it.each([
    ['Basic', 'and keeps the connection', 8, 3],
    ['Negotiate', 'and keeps the connection', 8, 8],
    ['Negotiate', 'and closes it', 14, 8],
  ] as const)('is asked for credentials as Chromium is: %s, a proxy that asks %s', async (scheme, asks, connections, refused) => {
    const { peer, asked } = await startProxy({ asks });
    const { auth } = authOf(scheme);
    const { add, pages, told, engine, settled, outcomes } = populate(peer, { ...CHROME, auth });
    add().open(0);
    await pages(1);
    engine.release();
    await settled(peer.seen.length);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(told.challenges).toBe(asked.filter(({ isAuthorised }) => !isAuthorised).length);
    expect(Math.abs(peer.seen.length - connections)).toBeLessThanOrEqual(0.2 * connections);
    expect(Math.abs(told.challenges - refused)).toBeLessThanOrEqual(0.2 * refused);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(6);
    expect(new Set(outcomes)).toEqual(new Set(['ok', 'proxy-closed-after-407']));
  });

  it('asks for one more tunnel after the first 407 of the document, and not for those of other hosts', async () => {
    const { peer, asked } = await startProxy({ asks: 'and keeps the connection' });
    const { auth } = authOf('Negotiate');
    const { add, pages } = populate(peer, { ...CHROME, objects: 5, hosts: 5, auth });
    add().open(0);
    await pages(1);
    const refused = asked.filter(({ isAuthorised }) => !isAuthorised).map(({ tunnel }) => tunnel);
    const at = (host: number) => refused.filter((tunnel) => tunnel === `host${host}:443`).length;
    expect([0, 1, 2, 3, 4].map(at)).toEqual([3, 1, 1, 1, 1]);
  });

  it('sends Basic credentials with the next tunnels at once', async () => {
    const { peer, asked } = await startProxy({ asks: 'and keeps the connection' });
    const { auth } = authOf('Basic');
    const { add, pages, told } = populate(peer, { ...CHROME, objects: 9, hosts: 5, auth });
    add().open(0);
    await pages(1);
    expect(asked.filter(({ tunnel, isAuthorised }) => tunnel !== 'host0:443' && !isAuthorised)).toEqual([]);
    expect(told.challenges).toBe(3);
  });

  it.each([
    [
      'is refused',
      { instead: (socket) => void socket.write(responseOf('no', '403 Forbidden')) },
      'tunnel-refused',
    ],
    ['is never answered', { instead: () => {} }, 'tunnel-timeout'],
    ['is cut', { instead: (socket) => void socket.end() }, 'tunnel-closed'],
    [
      'is answered by something else',
      { instead: (socket) => void socket.write('SSH-2.0\r\n\r\n') },
      'tunnel-garbage',
    ],
    [
      'leads to somebody else',
      { identity: createSelfSigned('rushhour test', ['other.test'], Date.now()) },
      'tls-untrusted',
    ],
    ['leads to what is not HTTP', { answer: '220 smtp ready\r\n' }, 'response-garbage'],
  ] satisfies [
    string,
    ProxyOptions,
    string,
  ][])('fails where its tunnel %s', async (_what, options, outcome) => {
    const { peer } = await startProxy(options);
    const { add, pages, settled, outcomes, told } = populate(peer, {
      ...{ ...CHROME, profile: { ...CHROMIUM, spares: 0 }, responseTimeoutUs: 300_000 },
    });
    add().open(0);
    await pages(1);
    await settled(1);
    expect(outcomes).toEqual([outcome]);
    expect(told.pages).toEqual([-1]);
  });

  it('fails where credentials are refused', async () => {
    const refusing = responseOf('', '407 Who', 'Proxy-Authenticate: Basic realm="x"\r\n');
    const { peer } = await startProxy({ instead: (socket) => void socket.write(refusing) });
    const profile = { ...CHROMIUM, spares: 0, sparesAfterChallenge: 0 };
    const { add, pages, settled, outcomes } = populate(peer, {
      ...CHROME,
      profile,
      auth: authOf('Basic').auth,
    });
    add().open(0);
    await pages(1);
    await settled(1);
    expect(outcomes).toEqual(['auth-denied']);
  });
});

const MULTIPLEXING: EngineTls = { ...TLS, protocols: ['h2', 'http/1.1'] };

const respond = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200 });
  stream.end('hello');
};

describe('a page over https with HTTP/2', () => {
  it('asks for two tunnels, and has everything over one, for the next page too', async () => {
    const { peer, asked, requests } = await startProxy({ multiplexed: respond });
    const { add, pages, told, engine, outcomes, settled, records } = populate(peer, {
      ...{ ...CHROME, tls: MULTIPLEXING },
    });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    engine.release();
    await settled(2);
    expect(asked).toHaveLength(2);
    expect(requests()).toBe(80);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(outcomes).toEqual(['ok', 'ok']);
    // The other tunnel was not needed.
    expect(records.map(({ respondedAtUs }) => respondedAtUs >= 0).sort()).toEqual([false, true]);
  });

  it.each([
    'Basic',
    'Negotiate',
  ] as const)('is asked three or four times for credentials: %s', async (scheme) => {
    const { peer, asked } = await startProxy({ asks: 'and keeps the connection', multiplexed: respond });
    const { auth } = authOf(scheme);
    const { add, pages, told } = populate(peer, { ...CHROME, tls: MULTIPLEXING, auth });
    add().open(0);
    await pages(1);
    expect(asked.filter(({ isAuthorised }) => isAuthorised)).toHaveLength(1);
    expect([3, 4]).toContain(told.challenges);
    expect([3, 4]).toContain(peer.seen.length);
  });

  it('opens another tunnel where the far end wants no more requests on one, and loses none', async () => {
    const { peer, asked } = await startProxy({
      multiplexed(stream, requests) {
        respond(stream);
        if (requests === 20) stream.session?.close();
      },
    });
    const { add, pages, told } = populate(peer, { ...CHROME, objects: 10, tls: MULTIPLEXING });
    const browser = add();
    for (let page = 1; page <= 4; page += 1) {
      browser.open(0);
      await pages(page);
    }
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(told.pages.every((us) => us >= 0)).toBe(true);
    expect(asked.length).toBeGreaterThan(2);
  });

  it('fails one object alone whose stream is reset', async () => {
    const { peer } = await startProxy({
      multiplexed(stream, requests) {
        if (requests !== 3) respond(stream);
        else {
          stream.on('error', () => undefined);
          stream.close(2);
        }
      },
    });
    const { add, pages, told } = populate(peer, { ...CHROME, objects: 10, tls: MULTIPLEXING });
    add().open(0);
    await pages(1);
    expect(told.objects).toHaveLength(10);
    expect(told.objects.filter((us) => us < 0)).toHaveLength(1);
    expect(told.pages).toEqual([-1]);
  });

  it('gives everything up that is not answered in time', async () => {
    const { peer } = await startProxy({
      multiplexed: (stream, requests) => void (requests === 1 && respond(stream)),
    });
    const profile = { ...CHROMIUM, spares: 0 };
    const { add, pages, outcomes, settled, told } = populate(peer, {
      ...{ ...CHROME, objects: 10, tls: MULTIPLEXING, profile, responseTimeoutUs: 300_000 },
    });
    add().open(0);
    await pages(1);
    await settled(1);
    expect(outcomes[0]).toBe('response-timeout');
    expect(told.pages).toEqual([-1]);
  });
});
