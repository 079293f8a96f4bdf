import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { CHROMIUM } from '../../../src/engine/browser/profiles/chromium.ts';
import { FIREFOX } from '../../../src/engine/browser/profiles/firefox.ts';
import { serverNameOf } from '../../../src/scenario/host-names.ts';
import { answering, type Behaviour, findClosedPort, responseOf, startPeer } from '../../support/servers.ts';
import { describeWithEachSockets, populate } from './population.ts';

const stays = answering(responseOf('hello'), 'stays');

/** Answers the document, and leaves everything else unanswered. */
const documentOnly: Behaviour = {
  request: (socket, message) => {
    if (message.startsWith('GET /0/')) socket.write(responseOf('hello'));
  },
};

/** Of pages whose requests a test makes itself. */
const ONE_HOST = {
  hostOf: () => 0,
  serverName: () => serverNameOf('origin.test'),
  fields: () => ({}),
};

/** Paths asked for on each connection. */
const pathsOf = (seen: readonly { readonly received: string }[]): string[][] =>
  seen.map(({ received }) => [...received.matchAll(/^GET (\S+)/gm)].map((match) => match[1] ?? ''));

describeWithEachSockets('a browser that opens a page', () => {
  it('asks for the document first, and for the rest over as many connections as it may have', async () => {
    const peer = await startPeer(stays);
    const { add, pages, told } = populate(peer, { objects: 40 });
    add().open(performance.now() * 1_000);
    await pages(1);
    const paths = pathsOf(peer.seen);
    expect(paths).toHaveLength(6);
    expect(paths[0]?.[0]).toBe('/0/0');
    const all = paths.flat().map((path) => Number(path.split('/')[1]));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, object) => object));
    expect(new Set(paths.flat().map((path) => path.split('/')[2])).size).toBe(40);
    expect(told.objects).toHaveLength(40);
    expect(told.objects.every((us) => us > 0)).toBe(true);
    expect(told.pages[0]).toBeGreaterThanOrEqual(Math.max(...told.objects));
  });

  it('sends requests of any length whole', async () => {
    const peer = await startPeer(stays);
    const lengths = [10, 16_384, 16_385, 300_000];
    const told = populate(peer, {
      objects: lengths.length,
      connections: 1,
      page: {
        ...ONE_HOST,
        objects: lengths.length,
        request: (object) =>
          Buffer.from(`GET /${object} HTTP/1.1\r\nX: ${'x'.repeat(lengths[object]!)}\r\n\r\n`),
      },
    });
    told.add().open(0);
    await told.pages(1);
    expect(told.told.pages[0]).toBeGreaterThan(0);
    expect([...peer.seen[0]!.received.matchAll(/X: (x+)/g)].map(([, xs]) => xs?.length)).toEqual(lengths);
  });

  it('opens no more connections than it has objects to load', async () => {
    const peer = await startPeer(stays);
    const { add, pages, told } = populate(peer, { objects: 3 });
    add().open(0);
    await pages(1);
    expect(peer.seen.length).toBeLessThanOrEqual(2);
    expect(told.objects).toHaveLength(3);
  });

  it('has connections of its own for each host, as many as there are objects for', async () => {
    const peer = await startPeer(stays);
    const { add, pages, told } = populate(peer, { objects: 41, hosts: 21 });
    const browser = add();
    browser.open(0);
    await pages(1);
    // The document's, and for each other host two: both objects are wanted at once.
    expect(peer.seen).toHaveLength(41);
    expect(told.pages[0]).toBeGreaterThan(0);
    browser.open(0);
    await pages(2);
    expect(peer.seen).toHaveLength(41);
    const hosts = pathsOf(peer.seen).map(
      (paths) =>
        new Set(
          paths
            .map((path) => Number(path.split('/')[1]))
            .map((object) => (object === 0 ? 0 : 1 + ((object - 1) % 20))),
        ),
    );
    expect(hosts.every(({ size }) => size === 1)).toBe(true);
  });

  it('keeps to as many connections as it may have to each host, not to all of them together', async () => {
    const held = populate(await startPeer(documentOnly), { objects: 61, hosts: 4, connections: 6 });
    held.add().open(0);
    await held.until(() => held.told.established >= 1 + 3 * 6);
    expect(held.engine.open).toBe(1 + 3 * 6);
  });

  it('uses its connections for the next page again, and closes them once it has no more to do', async () => {
    const peer = await startPeer(stays);
    const { add, pages, outcomes, engine, records } = populate(peer, { objects: 20, connections: 4 });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    expect(peer.seen).toHaveLength(4);
    engine.release();
    await peer.closedByNear(4);
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(engine.open).toBe(0);
    for (const { establishedAtUs, startedAtUs, sourcePort, respondedAtUs } of records) {
      expect(establishedAtUs).toBeGreaterThanOrEqual(startedAtUs);
      expect(respondedAtUs).toBeGreaterThan(establishedAtUs);
      expect(peer.seen.map(({ remotePort }) => remotePort)).toContain(sourcePort);
    }
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    expect(bytes).toBe(40 * responseOf('hello').length);
  });

  it('closes a connection that has rested long enough on time, as Firefox does', async () => {
    const peer = await startPeer(stays);
    const { add, outcomes, settled, records } = populate(peer, { idleUs: 50_000, profile: FIREFOX });
    add().open(0);
    await settled(1);
    await peer.closedByNear(1);
    expect(outcomes).toEqual(['ok']);
    expect(records[0]!.endedAtUs - records[0]!.respondedAtUs).toBeGreaterThanOrEqual(50_000);
  });

  it('closes it only when it asks for a connection again, as Chromium does', async () => {
    const peer = await startPeer(stays);
    const { add, engine, pages, records } = populate(peer, { idleUs: 20_000 });
    const browser = add();
    browser.open(0);
    await pages(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(engine.open).toBe(1);
    browser.open(0);
    await pages(2);
    await peer.closedByNear(1);
    expect(peer.seen).toHaveLength(2);
    // Node's timers may be a millisecond early.
    expect(records[0]!.endedAtUs - records[0]!.respondedAtUs).toBeGreaterThanOrEqual(98_000);
  });

  it('goes on over new connections where the far end closes after each response', async () => {
    const peer = await startPeer(answering(responseOf('hello', '200 OK', 'Connection: close\r\n'), 'closes'));
    const { add, pages, settled, outcomes, told } = populate(peer, { objects: 10 });
    add().open(0);
    await pages(1);
    await settled(10);
    expect(outcomes).toEqual(Array(10).fill('ok'));
    expect(told.objects.every((us) => us >= 0)).toBe(true);
  });

  it('is content with a far end that closes connections while they rest', async () => {
    const peer = await startPeer(answering(responseOf('hello'), 'closes'));
    const { add, settled, outcomes, told } = populate(peer, { profile: { ...FIREFOX, sharesProxy: false } });
    add().open(0);
    await settled(1);
    expect(outcomes).toEqual(['ok']);
    expect(told.objects).toHaveLength(1);
  });

  it('closes a connection that the far end has closed once it asks for another, on any host, as Chromium does', async () => {
    // Hosts 1 and 2 in turn: the first connection to host 1 is closed while host 2 takes its time.
    const peer = await startPeer({
      request(socket, message) {
        if (message.startsWith('GET /2/')) setTimeout(() => socket.write(responseOf('hello')), 400);
        else socket.write(responseOf('hello'));
        if (message.startsWith('GET /1/')) setTimeout(() => socket.end(), 30);
      },
    });
    const { add, engine, pages, told, outcomes } = populate(peer, {
      ...{ objects: 4, hosts: 3 },
      profile: {
        ...CHROMIUM,
        opensAheadUs: 0,
        forDocument: 1,
        mostBeforeLayout: 1,
        layoutAfterUs: 3_600_000_000,
      },
    });
    const browser = add();
    browser.open(0);
    await expect.poll(() => peer.seen.length).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([engine.open, outcomes]).toEqual([3, []]);
    await pages(1);
    await peer.closedByNear(1);
    expect(outcomes).toEqual(['ok']);
    expect(pathsOf(peer.seen).map((paths) => paths.map((path) => path.slice(1, 2)))).toEqual([
      ...[['0'], ['1'], ['2'], ['3']],
    ]);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
  });

  it('asks on none of several connections that the far end has closed, as it closes them', async () => {
    const asked: Socket[] = [];
    const peer = await startPeer({
      request(socket, message) {
        if (message.startsWith('GET /0/')) {
          socket.write(responseOf('hello'));
          asked.push(socket);
          return;
        }
        asked.push(socket);
        if (asked.length > 4) socket.write(responseOf('hello'));
        if (asked.length !== 4) return;
        // All three connections carry a request: that of the document is cut when the others are half open.
        const [first, ...others] = new Set(asked);
        for (const other of others) {
          other.write(responseOf('hello'));
          setTimeout(() => other.end(), 30);
        }
        setTimeout(() => first?.end(), 150);
      },
    });
    const { add, pages, outcomes, told } = populate(peer, { objects: 4, connections: 3 });
    add().open(0);
    await pages(1);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(told.pages[0]).toBeGreaterThan(0);
    expect(peer.seen).toHaveLength(4);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(2);
  });

  it('leaves it half open for as long as it reads, and has its port until it opens the next page', async () => {
    const sockets: Socket[] = [];
    const peer = await startPeer({
      request(socket) {
        socket.write(responseOf('hello'));
        sockets.push(socket);
      },
    });
    const { add, engine, pages, outcomes, told } = populate(peer);
    const browser = add();
    browser.open(0);
    await pages(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    sockets[0]?.end();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([engine.open, peer.seen[0]?.closed]).toEqual([1, 'open']);
    browser.open(0);
    await pages(2);
    await peer.closedByNear(1);
    expect(peer.seen.map(({ closed }) => closed)).toEqual(['fin', 'open']);
    expect(outcomes).toEqual(['ok']);
    expect(told.pages.every((us) => us >= 0)).toBe(true);
  });

  it('takes a reset while a connection rests for a cut', async () => {
    const sockets: Socket[] = [];
    const peer = await startPeer({
      request(socket) {
        socket.write(responseOf('hello'));
        sockets.push(socket);
      },
    });
    const { add, pages, settled, outcomes } = populate(peer);
    add().open(0);
    await pages(1);
    sockets[0]?.resetAndDestroy();
    await settled(1);
    expect(outcomes).toEqual(['held-cut']);
  });

  it('sends a request again that was cut on a connection used before, as nothing had come back', async () => {
    let requests = 0;
    const peer = await startPeer({
      request(socket) {
        requests += 1;
        if (requests === 2) socket.resetAndDestroy();
        else socket.write(responseOf('hello'));
      },
    });
    const { add, pages, outcomes, told } = populate(peer, { connections: 1 });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    expect(outcomes).toEqual(['response-reset']);
    expect(told.pages.every((us) => us >= 0)).toBe(true);
    expect(pathsOf(peer.seen)).toEqual([['/0/0', '/0/1'], ['/0/1']]);
  });

  it.each([
    ['a reset', { request: (socket) => void socket.resetAndDestroy() }, 'response-reset'],
    ['a FIN before any answer', { request: (socket) => void socket.end() }, 'response-empty'],
    [
      'a FIN in the middle of an answer',
      answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel', 'closes'),
      'response-truncated',
    ],
    [
      'a FIN in the middle of a last answer',
      answering('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhel', 'closes'),
      'response-truncated',
    ],
    ['what is not HTTP', answering('220 smtp ready\r\n', 'stays'), 'response-garbage'],
    [
      'another status',
      answering(responseOf('no', '503 Busy', 'Connection: close\r\n'), 'closes'),
      'unexpected-status',
    ],
    ['no answer', {}, 'response-timeout'],
  ] satisfies [
    string,
    Parameters<typeof startPeer>[0],
    string,
  ][])('gives a page up whose document met %s', async (_what, behaviour, outcome) => {
    const peer = await startPeer(behaviour);
    const { add, pages, settled, outcomes, told } = populate(peer, {
      objects: 5,
      responseTimeoutUs: 100_000,
    });
    add().open(0);
    await pages(1);
    await settled(1);
    expect(outcomes).toEqual([outcome]);
    expect(told.objects).toEqual([-1]);
    expect(told.pages).toEqual([-1]);
    // Another status is a document as well, and Chromium itself would still wait for an answer.
    const isError = outcome !== 'unexpected-status' && outcome !== 'response-timeout';
    expect(told.errorPages).toBe(isError ? 1 : 0);
  });

  it('gives a page up where nobody listens', async () => {
    const port = await findClosedPort();
    const { add, pages, outcomes, told } = populate({ host: '127.0.0.1', port }, { objects: 5 });
    add().open(0);
    await pages(1);
    expect(outcomes).toEqual(['handshake-refused']);
    expect(told.errorPages).toBe(1);
  });

  it('waits for leave to connect, and gives up where there is none', async () => {
    const peer = await startPeer(stays);
    let isWaiting = true;
    const { add, told } = populate(peer, { leave: () => (isWaiting ? 'wait' : 'never') });
    const browser = add();
    browser.open(0);
    expect(told.pages).toEqual([]);
    isWaiting = false;
    browser.pump();
    expect(told).toMatchObject({ objects: [-1], pages: [-1] });
    expect(peer.seen).toEqual([]);
  });

  it('ends everything at once when told to', async () => {
    const peer = await startPeer({});
    const { add, engine, outcomes, told } = populate(peer, { objects: 5 });
    add().open(0);
    engine.abort();
    expect(outcomes).toEqual(['abandoned']);
    expect(told.objects).toEqual([-1]);
    expect(engine.open).toBe(0);
  });

  it('is one of many, each with connections of its own, from a source address that it keeps to', async () => {
    const peer = await startPeer(stays, '127.0.0.1');
    const { engine, pages } = populate(peer, {
      objects: 12,
      connections: 2,
      sources: ['127.0.0.2', '127.0.0.3'],
    });
    for (let number = 0; number < 6; number += 1) engine.add(number).open(0);
    await pages(6);
    expect(peer.seen).toHaveLength(12);
    const addresses = peer.seen.map(({ remoteAddress }) => remoteAddress);
    expect(addresses.filter((address) => address === '127.0.0.2')).toHaveLength(6);
    expect(addresses.filter((address) => address === '127.0.0.3')).toHaveLength(6);
  });
});
