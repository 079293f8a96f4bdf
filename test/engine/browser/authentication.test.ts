import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { type Behaviour, responseOf, startPeer } from '../../support/servers.ts';
import { authOf, describeWithEachSockets, populate } from './population.ts';

const CHALLENGE = 'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="school"\r\n';
const asks = (fields = ''): string =>
  responseOf('who?', '407 Proxy Authentication Required', CHALLENGE + fields);
const answers = responseOf('hello');
const credentialsOf = (message: string): string | undefined =>
  /^Proxy-Authorization: (.*)\r$/im.exec(message)?.[1];

/** Wants credentials with each request, as Basic does. */
const everyRequest: Behaviour = {
  request: (socket, message) => socket.write(credentialsOf(message) === undefined ? asks() : answers),
};

/** Wants credentials once a connection, as proxies do with Negotiate. */
function eachConnection(fields = ''): Behaviour {
  const known = new Set<Socket>();
  return {
    request(socket, message) {
      if (credentialsOf(message) !== undefined) known.add(socket);
      if (known.has(socket)) socket.write(answers);
      else if (fields === '') socket.write(asks());
      else socket.end(asks(fields));
    },
  };
}

/** Statuses that each connection saw, as its requests tell. */
const requestsOf = (seen: readonly { readonly received: string }[]): (string | undefined)[][] =>
  seen.map(({ received }) =>
    received
      .split('\r\n\r\n')
      .slice(0, -1)
      .map((message) => credentialsOf(`${message}\r\n`)),
  );

describeWithEachSockets('Basic', () => {
  it('is asked for once, answered on the same connection, and then goes with every request', async () => {
    const peer = await startPeer(everyRequest);
    const { auth, asked } = authOf('Basic');
    const { add, pages, told } = populate(peer, { objects: 20, auth });
    const browser = add(7);
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    expect(told.challenges).toBe(1);
    expect(told.answers.filter((status) => status === 407)).toHaveLength(1);
    expect(told.answers.filter((status) => status === 200)).toHaveLength(40);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(told.objects).toHaveLength(40);
    const requests = requestsOf(peer.seen);
    expect(requests).toHaveLength(6);
    expect(requests[0]?.slice(0, 2)).toEqual([undefined, 'Basic 7.1']);
    expect(requests.flat().filter((value) => value === undefined)).toHaveLength(1);
    // One user a browser.
    expect(new Set(asked)).toEqual(new Set([7]));
  });

  it('hears what proxies call the errors of each answer, but for those that ask for credentials', async () => {
    const squid = 'X-Squid-Error: ERR_CACHE_ACCESS_DENIED 0\r\n';
    const failing = responseOf('no', '503 No', 'Proxy-Status: cache1; error=connection_refused\r\n');
    const peer = await startPeer({
      request: (socket, message) =>
        socket.write(credentialsOf(message) === undefined ? asks(squid) : failing),
    });
    const { add, pages, told, engine, records, settled } = populate(peer, { auth: authOf('Basic').auth });
    const browser = add(7);
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    engine.release();
    await settled(1);
    expect(told.answers).toEqual([407, 503, 503]);
    expect(told.errorNames).toEqual(Array(2).fill('cache1: connection_refused'));
    expect(records.map(({ errorName }) => errorName)).toEqual(['']);
  });

  it('hears it of an answer that refuses credentials', async () => {
    const squid = 'X-Squid-Error: ERR_CACHE_ACCESS_DENIED 0\r\n';
    const peer = await startPeer({ request: (socket) => socket.write(asks(squid)) });
    const { add, told, records, settled } = populate(peer, { auth: authOf('Basic').auth });
    add(7).open(0);
    await settled(1);
    expect(told.errorNames).toEqual([]);
    expect(records.map(({ errorName }) => errorName)).toEqual(['Squid: ERR_CACHE_ACCESS_DENIED']);
  });

  it('goes with the first request where the arm says so', async () => {
    const peer = await startPeer(everyRequest);
    const { auth } = authOf('Basic', { mode: 'preemptive' });
    const { add, pages, told } = populate(peer, { objects: 5, auth });
    add().open(0);
    await pages(1);
    expect(told.challenges).toBe(0);
    expect(requestsOf(peer.seen).flat()).not.toContain(undefined);
  });

  it('fails the page where it is refused, and is asked for again for the next', async () => {
    const peer = await startPeer({ request: (socket) => socket.write(asks()) });
    const { auth } = authOf('Basic');
    const { add, pages, settled, outcomes, told } = populate(peer, { objects: 5, auth });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    await settled(2);
    expect(outcomes).toEqual(['auth-denied', 'auth-denied']);
    expect(told).toMatchObject({ objects: [-1, -1], pages: [-1, -1], challenges: 2 });
  });
});

describeWithEachSockets('Negotiate', () => {
  it('is asked for once a connection, and later requests on it carry nothing', async () => {
    const peer = await startPeer(eachConnection());
    const { auth, asked } = authOf('Negotiate');
    const { add, pages, told } = populate(peer, { objects: 40, auth });
    add().open(0);
    await pages(1);
    expect(told.challenges).toBe(6);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    for (const requests of requestsOf(peer.seen)) {
      expect(requests[0]).toBeUndefined();
      expect(requests[1]).toMatch(/^Negotiate /);
      expect(requests.slice(2).every((value) => value === undefined)).toBe(true);
    }
    // Each connection by its own number, so that no token goes out twice.
    expect(asked.sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['says that it will close', 'Connection: close\r\n'],
    ['closes without a word', ' '],
  ])('goes to a new connection at once where the proxy %s', async (_what, fields) => {
    const peer = await startPeer(eachConnection(fields === ' ' ? 'X-None: 1\r\n' : fields));
    const { auth } = authOf('Negotiate');
    const { add, pages, engine, settled, outcomes, told } = populate(peer, { objects: 40, auth });
    add().open(0);
    await pages(1);
    engine.release();
    await settled(peer.seen.length);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    // The document, the first five of the objects, and whatever was in the queue when a connection came, but nothing twice:
    // Chromium had 7 to 29 (docs/browsers.md).
    expect(told.challenges).toBeGreaterThanOrEqual(6);
    const refused = peer.seen
      .map(({ received }) => received.split('\r\n\r\n', 1)[0]!)
      .filter((message) => credentialsOf(`${message}\r\n`) === undefined)
      .map((message) => message.split('\r\n', 1)[0]);
    expect(new Set(refused).size).toBe(refused.length);
    expect(told.challenges).toBe(refused.length);
    const counts = outcomes.filter((outcome) => outcome === 'proxy-closed-after-407').length;
    expect(counts).toBe(told.challenges);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(outcomes.length - counts);
    expect(outcomes.length - counts).toBeLessThanOrEqual(6);
  });

  it.each([
    ['without a length', ''],
    ['in a coding that is not chunked', 'Transfer-Encoding: identity\r\n'],
    ['that will close before its body is over', 'Connection: close\r\nContent-Length: 9\r\n'],
  ])('does not wait for the end of a challenge %s, on a connection left open', async (_what, fields) => {
    const offer = 'Proxy-Authenticate: Negotiate\r\n';
    const challenge = `HTTP/1.1 407 Proxy Authentication Required\r\n${offer}${fields}\r\nwho`;
    const peer = await startPeer({
      request: (socket, message) =>
        socket.write(credentialsOf(message) !== undefined ? responseOf('hello') : challenge),
    });
    const { auth } = authOf('Negotiate');
    const { add, pages, engine, settled, outcomes, told } = populate(peer, { objects: 1, auth });
    add().open(0);
    await pages(1);
    engine.release();
    await settled(2);
    expect(outcomes.sort()).toEqual(['ok', 'proxy-closed-after-407']);
    expect(told.challenges).toBe(1);
  });

  it('sends a new token with each request where the proxy asks for one each time', async () => {
    const peer = await startPeer(everyRequest);
    const { auth } = authOf('Negotiate');
    const { add, pages, told } = populate(peer, { objects: 10, connections: 2, auth });
    add().open(0);
    await pages(1);
    const sent = requestsOf(peer.seen).flat();
    expect(told.challenges).toBe(10);
    expect(sent.filter((value) => value === undefined)).toHaveLength(10);
    const tokens = sent.filter((value) => value !== undefined);
    expect(new Set(tokens).size).toBe(10);
  });

  it('goes with the first request of each connection where the arm says so', async () => {
    const peer = await startPeer(eachConnection());
    const { auth } = authOf('Negotiate', { mode: 'preemptive' });
    const { add, pages, told } = populate(peer, { objects: 40, auth });
    add().open(0);
    await pages(1);
    expect(told.challenges).toBe(0);
    for (const requests of requestsOf(peer.seen)) {
      expect(requests[0]).toMatch(/^Negotiate /);
      expect(requests.slice(1).every((value) => value === undefined)).toBe(true);
    }
  });

  it('waits for a token where none is at hand', async () => {
    const peer = await startPeer(eachConnection());
    let isDry = true;
    const { auth } = authOf('Negotiate', { credentials: () => (isDry ? undefined : 'Negotiate abc') });
    let waited = 0;
    const { add, pages, told } = populate(peer, {
      auth,
      waits() {
        waited += 1;
        isDry = false;
        setImmediate(() => browser.pump());
        return true;
      },
    });
    const browser = add();
    browser.open(0);
    await pages(1);
    expect(waited).toBe(1);
    expect(told.pages[0]).toBeGreaterThan(0);
    expect(requestsOf(peer.seen)).toEqual([[undefined, 'Negotiate abc']]);
  });

  it('fails where none comes', async () => {
    const peer = await startPeer(eachConnection());
    const { auth } = authOf('Negotiate', { credentials: () => undefined });
    const { add, pages, outcomes } = populate(peer, { auth, waits: () => false });
    add().open(0);
    await pages(1);
    expect(outcomes).toEqual(['local-no-credentials']);
  });

  it('fails where the proxy offers something else', async () => {
    const other = responseOf('', '407 Proxy Authentication Required', 'Proxy-Authenticate: Digest a=b\r\n');
    const peer = await startPeer({ request: (socket) => socket.write(other) });
    const { auth, asked } = authOf('Negotiate');
    const { add, pages, outcomes } = populate(peer, { auth });
    add().open(0);
    await pages(1);
    expect(outcomes).toEqual(['auth-failed']);
    expect(asked).toEqual([]);
  });
});
