import { expect, it } from 'vitest';
import { CHROMIUM } from '../../../src/engine/browser/profiles/chromium.ts';
import { ProxyList } from '../../../src/engine/browser/proxy-list.ts';
import { endpointOf } from '../../support/arms.ts';
import { startBusy } from '../../support/busy.ts';
import { answering, findClosedPort, responseOf, startPeer } from '../../support/servers.ts';
import { describeWithEachSockets, populate } from './population.ts';

const stays = answering(responseOf('hello'), 'stays');

describeWithEachSockets('of three proxies', () => {
  const list = () => new ProxyList(1, 3, 1_000);

  it("a browser's own comes first, then the others in their order", () => {
    const proxies = list();
    expect(proxies.currentAt(0)).toBe(1);
    expect(proxies.failed(1, 0)).toBe(true);
    expect(proxies.currentAt(0)).toBe(2);
    expect(proxies.failed(2, 10)).toBe(true);
    expect(proxies.currentAt(10)).toBe(0);
  });

  it('one that failed is tried again after its time', () => {
    const proxies = list();
    proxies.failed(1, 0);
    expect(proxies.currentAt(999)).toBe(2);
    expect(proxies.currentAt(1_000)).toBe(1);
  });

  it('all are tried again once all have failed', () => {
    const proxies = list();
    expect([1, 2, 0].map((proxy) => proxies.failed(proxy, 0))).toEqual([true, true, false]);
    expect(proxies.currentAt(0)).toBe(1);
  });
});

describeWithEachSockets('a browser', () => {
  it('gets a page from the next proxy once the first has not answered in time, and later ones at once', async () => {
    const { peer: silent } = await startBusy();
    const next = await startPeer(stays);
    const { add, pages, told, records } = populate(silent, {
      endpoints: [endpointOf(silent), endpointOf(next)],
      objects: 8,
      handshakeTimeoutUs: 600_000,
    });
    const browser = add();
    browser.open(performance.now() * 1_000);
    await pages(1);
    expect(told.pages[0]).toBeGreaterThan(600_000);
    const silentOnes = records.filter(({ endpoint }) => endpoint === 0).length;
    browser.open(performance.now() * 1_000);
    await pages(2);
    expect(told.objects.filter((us) => us < 0)).toEqual([]);
    expect(records.filter(({ endpoint }) => endpoint === 0)).toHaveLength(silentOnes);
    expect(next.seen).toHaveLength(6);
  });

  it('does not wait for what is still being opened to a proxy that it has given up', async () => {
    const { peer: silent } = await startBusy();
    const next = await startPeer(stays);
    const { add, engine, pages, records, settled } = populate(silent, {
      endpoints: [endpointOf(silent), endpointOf(next)],
      handshakeTimeoutUs: 600_000,
    });
    add().open(performance.now() * 1_000);
    await pages(1);
    // The first, and the one begun beside it a quarter of a second later.
    await settled(2);
    const lastGivenUpUs = Math.max(...records.map(({ endedAtUs }) => endedAtUs));
    engine.release();
    await settled(3);
    expect(records.map(({ endpoint }) => endpoint)).toEqual([0, 0, 1]);
    expect(records[2]!.startedAtUs).toBeLessThan(lastGivenUpUs);
  });

  it('begins with the first of a list that is kept in its order, as all others do', async () => {
    const [first, next] = [await startPeer(stays), await startPeer(stays)];
    const { add, pages } = populate(first, {
      ...{ endpoints: [endpointOf(first), endpointOf(next)], firstEndpoints: 1 },
    });
    for (const browser of [add(), add()]) browser.open(performance.now() * 1_000);
    await pages(2);
    expect([first, next].map(({ seen }) => seen.length)).toEqual([2, 0]);
  });

  it('gets it at once where the first refuses, and asks that again after a while', async () => {
    const refusing = { host: '127.0.0.1', port: await findClosedPort() };
    const next = await startPeer(stays);
    const { add, pages, told, records } = populate(refusing, {
      endpoints: [endpointOf(refusing), endpointOf(next)],
      profile: { ...CHROMIUM, opensAheadUs: 0, forDocument: 1, proxyRetryUs: 300_000 },
      // Each page needs a new connection.
      idleUs: 0,
    });
    const browser = add();
    const refused = () => records.filter(({ endpoint }) => endpoint === 0).length;
    for (const page of [1, 2]) {
      browser.open(performance.now() * 1_000);
      await pages(page);
    }
    expect(refused()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 350));
    browser.open(performance.now() * 1_000);
    await pages(3);
    expect(refused()).toBe(2);
    expect(told.pages.every((us) => us >= 0)).toBe(true);
  });

  it('asks a proxy again that refused only what was opened ahead of the document', async () => {
    const refusing = { host: '127.0.0.1', port: await findClosedPort() };
    const next = await startPeer(stays);
    const { add, pages, told, records } = populate(refusing, {
      endpoints: [endpointOf(refusing), endpointOf(next)],
      profile: CHROMIUM,
      // The second page finds no connection.
      idleUs: 0,
    });
    const browser = add();
    const refused = () => records.filter(({ endpoint }) => endpoint === 0).length;
    browser.open(performance.now() * 1_000);
    await pages(1);
    // The one ahead, the document's, and the other that Chromium wants beside it.
    expect(refused()).toBe(3);
    expect(next.seen).toHaveLength(1);
    browser.open(performance.now() * 1_000);
    await pages(2);
    expect(refused()).toBe(3);
    expect(told.pages.every((us) => us >= 0)).toBe(true);
  });

  it('fails a page that no proxy brings, after each was tried once, and begins with its own again', async () => {
    const refusing = { host: '127.0.0.1', port: await findClosedPort() };
    const other = { host: '127.0.0.2', port: refusing.port };
    const { add, pages, told, records } = populate(refusing, {
      endpoints: [endpointOf(refusing), endpointOf(other)],
    });
    const browser = add(1);
    for (const page of [1, 2]) {
      browser.open(0);
      await pages(page);
    }
    expect(told.pages).toEqual([-1, -1]);
    expect(records.map(({ endpoint }) => endpoint)).toEqual([1, 0, 1, 0]);
  });

  it('stays with its own where the addresses are no proxies', async () => {
    const refusing = { host: '127.0.0.1', port: await findClosedPort() };
    const next = await startPeer(stays);
    const { add, pages, told } = populate(refusing, {
      endpoints: [endpointOf(refusing), endpointOf(next)],
      isProxied: false,
    });
    add().open(0);
    await pages(1);
    expect(told.pages).toEqual([-1]);
    expect(next.seen).toEqual([]);
  });
});
