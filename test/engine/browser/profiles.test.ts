import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { CHROMIUM } from '../../../src/engine/browser/profiles/chromium.ts';
import { FIREFOX } from '../../../src/engine/browser/profiles/firefox.ts';
import type { AttemptRecord } from '../../../src/engine/types.ts';
import { startBusy } from '../../support/busy.ts';
import { answering, type Behaviour, responseOf, startPeer } from '../../support/servers.ts';
import { describeWithEachSockets, populate } from './population.ts';

const stays = answering(responseOf('hello'), 'stays');

/** Answers the document, and leaves everything else unanswered. */
const documentOnly: Behaviour = {
  request: (socket, message) => {
    if (message.startsWith('GET /0/')) socket.write(responseOf('hello'));
  },
};

/** Answers the first request of each connection, and treats later ones as told. */
function keptThen(later: (socket: Parameters<NonNullable<Behaviour['request']>>[0]) => void): Behaviour {
  const used = new Set<unknown>();
  return {
    request(socket) {
      if (used.has(socket)) later(socket);
      else socket.write(responseOf('hello'));
      used.add(socket);
    },
  };
}

describeWithEachSockets('Chromium', () => {
  it('opens two connections for a document on a host that is new to it, one of which carries nothing', async () => {
    const peer = await startPeer(stays);
    const { add, pages, until, told, engine } = populate(peer, { profile: CHROMIUM });
    const browser = add();
    browser.open(0);
    await pages(1);
    await until(() => told.established === 2);
    browser.open(0);
    await pages(2);
    expect(peer.seen.map(({ received }) => received === '').sort()).toEqual([false, true]);
    expect(engine.open).toBe(2);
  });

  it('opens two to an origin as well', async () => {
    const peer = await startPeer(stays);
    const { add, pages, until, told, engine } = populate(peer, { profile: CHROMIUM, isProxied: false });
    add().open(0);
    await pages(1);
    await until(() => told.established === 2);
    expect(peer.seen.map(({ received }) => received === '').sort()).toEqual([false, true]);
    expect(engine.open).toBe(2);
  });

  it('leaves out of its times how long the second waited for something to be asked', async () => {
    const asked: Socket[] = [];
    const peer = await startPeer({
      request(socket) {
        if (asked.push(socket) > 1) socket.write(responseOf('hello'));
      },
    });
    const all = populate(peer, { objects: 3, profile: CHROMIUM });
    const { add, pages, settled, engine, records, until, told } = all;
    add().open(performance.now() * 1_000);
    await until(() => told.established === 2 && asked.length === 1);
    const waitedMs = 150;
    await new Promise((resolve) => setTimeout(resolve, waitedMs));
    asked[0]!.write(responseOf('hello'));
    await pages(1);
    engine.release();
    await settled(2);
    const [first, second] = records.toSorted((a, b) => a.unaskedUs - b.unaskedUs);
    const withoutUs = (record: AttemptRecord): number =>
      record.firstByteAtUs - record.startedAtUs - record.unaskedUs;
    expect(withoutUs(first!)).toBeGreaterThan((waitedMs - 5) * 1_000);
    expect(second!.unaskedUs).toBeGreaterThan((waitedMs - 5) * 1_000);
    expect(withoutUs(second!)).toBeGreaterThan(0);
  });

  it('uses the second for an object, and has no more than six in all', async () => {
    const peer = await startPeer(stays);
    const { add, pages } = populate(peer, { objects: 40, profile: CHROMIUM });
    add().open(0);
    await pages(1);
    expect(peer.seen).toHaveLength(6);
    expect(peer.seen.filter(({ received }) => received === '')).toEqual([]);
  });

  it('has a connection to each of 150 hosts that do not answer, but no more than 256 in all', async () => {
    const peer = await startPeer(documentOnly);
    const few = populate(peer, { objects: 151, hosts: 151, profile: CHROMIUM });
    few.add().open(0);
    await few.until(() => few.told.established === 152);
    const many = populate(peer, { objects: 301, hosts: 301, profile: CHROMIUM });
    many.add().open(0);
    await many.until(() => many.told.established >= 256);
    expect(many.engine.open).toBe(256);
  });

  it('makes room for another host by closing what is idle', async () => {
    const peer = await startPeer(stays);
    const profile = { ...CHROMIUM, mostInAll: 4 };
    const { add, pages, told, engine } = populate(peer, { objects: 21, hosts: 11, profile });
    add().open(0);
    await pages(1);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(engine.open).toBeLessThanOrEqual(4);
  });

  it.each([
    ['a 408', (socket) => socket.end(responseOf('', '408 Request Timeout', 'Connection: close\r\n'))],
    ['half a head', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['a FIN', (socket) => socket.end()],
    ['a reset', (socket) => socket.resetAndDestroy()],
  ] satisfies [
    string,
    Parameters<typeof keptThen>[0],
  ][])('silently sends a request again that met %s on a connection used before', async (_what, later) => {
    const peer = await startPeer(keptThen(later));
    const { add, pages, told, outcomes } = populate(peer, { objects: 12 });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    expect(told.objects.every((us) => us >= 0)).toBe(true);
    expect(outcomes).not.toContain('unexpected-status');
  });

  it('takes a 408 on a new connection for an answer', async () => {
    const peer = await startPeer(answering(responseOf('', '408 Request Timeout'), 'closes'));
    const { add, pages, told } = populate(peer);
    add().open(0);
    await pages(1);
    expect(told).toMatchObject({ objects: [-1], answers: [408] });
  });

  it('opens one more connection beside handshakes that are slow, and the page comes over it', async () => {
    const { peer, goOn } = await startBusy();
    const profile = { ...CHROMIUM, backupAfterUs: 400_000 };
    const { add, pages, until, told, records, engine, settled } = populate(peer, { profile });
    add().open(performance.now() * 1_000);
    const nowUs = performance.now() * 1_000;
    // Both SYNs are lost by then, and neither is sent again yet.
    await until(() => performance.now() * 1_000 > nowUs + 100_000);
    expect(engine.open).toBe(2);
    goOn();
    await pages(1);
    await until(() => told.established === 3);
    engine.release();
    await settled(3);
    const [first] = records.toSorted((one, other) => one.startedAtUs - other.startedAtUs);
    const handshakesUs = records.map(({ establishedAtUs, startedAtUs }) => establishedAtUs - startedAtUs);
    // A lost SYN is sent again after a second: that handshake is still counted as what it was.
    expect(told.pages[0]).toBeLessThan(Math.max(...handshakesUs));
    expect(first!.synRetransmits).toBeGreaterThan(0);
    expect(first!.respondedAtUs).toBe(-1);
  });

  it.each([
    ['no more', true, 7],
    ['another for each, if it did not look at that,', false, 11],
  ])('opens %s beside slow handshakes where the host has a connection', async (_what, backsUpFirstOnly, most) => {
    const { peer } = await startBusy(true);
    const profile = { ...CHROMIUM, opensAheadUs: 0, forDocument: 1, backupAfterUs: 20_000, backsUpFirstOnly };
    const { add, until, engine, told } = populate(peer, { objects: 8, connections: 12, profile });
    add().open(0);
    // The document's, and two that the queue of connections takes: four SYNs are not answered.
    await until(() => told.established >= 3 && engine.open >= most);
    const nowUs = performance.now() * 1_000;
    await until(() => performance.now() * 1_000 > nowUs + 3 * profile.backupAfterUs);
    expect(engine.open).toBe(most);
  });
});

describeWithEachSockets('Firefox', () => {
  it('has 32 connections to a proxy for all hosts together, each used for any of them', async () => {
    const peer = await startPeer(documentOnly);
    const { add, until, engine, told } = populate(peer, {
      objects: 151,
      hosts: 76,
      connections: 32,
      sharesProxy: true,
      profile: FIREFOX,
    });
    add().open(0);
    await until(() => told.established === 32);
    expect(engine.open).toBe(32);
    await until(() => peer.seen.every(({ received }) => received !== ''));
    expect(peer.seen).toHaveLength(32);
  });

  it('opens no connection without a request, and takes a 408 for an answer', async () => {
    const peer = await startPeer(keptThen((socket) => socket.end(responseOf('', '408 Request Timeout'))));
    const { add, pages, told, records } = populate(peer, { profile: FIREFOX });
    const browser = add();
    browser.open(0);
    await pages(1);
    browser.open(0);
    await pages(2);
    expect(peer.seen).toHaveLength(1);
    expect(told.answers).toEqual([200, 408]);
    expect(records.length).toBeLessThanOrEqual(1);
  });
});
