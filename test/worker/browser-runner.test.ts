import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BrowserEngine } from '../../src/engine/browser/engine.ts';
import { ENGINES } from '../../src/engine/registry.ts';
import { addCounts, emptyCounts } from '../../src/metrics/counts.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import type { BrowserLoad } from '../../src/scenario/load-types.ts';
import type { Arm } from '../../src/scenario/types.ts';
import { BrowserRunner } from '../../src/worker/browser-runner.ts';
import type { FromWorker, ShardPlan } from '../../src/worker/protocol.ts';
import { runShard } from '../../src/worker/shard.ts';
import { armOf } from '../analysis/parts.ts';
import { answering, type Behaviour, responseOf, startPeer } from '../support/servers.ts';

const LOAD: BrowserLoad = {
  kind: 'browsers',
  profile: 'chromium',
  browsers: 4,
  rampUs: 0,
  forUs: 300_000,
  connections: 3,
  thinkUs: 20_000,
  idleUs: 60_000_000,
  page: { objects: 5, paths: [], hosts: [] },
};

interface Shard {
  readonly load?: Partial<BrowserLoad>;
  readonly arm?: Partial<Arm>;
  readonly plan?: Partial<ShardPlan>;
  readonly basicCredentials?: readonly string[];
  /** Where browsers go if a list of proxies is kept in its order; each is an address of a proxy. */
  readonly proxies?: readonly { readonly host: string; readonly port: number; readonly named: string }[];
  /** Source ports of 127.0.0.1. */
  readonly ports?: readonly number[];
  /** Told so soon after its start. */
  readonly stop?: 'drain' | 'abort';
}

/** Beside which browsers play; it says whose sockets they have. */
let kind: 'raw' | 'portable' = 'raw';

/** Runs one shard of a population against a peer; what it counted, and how many times each was timed. */
async function run(
  peer: { readonly host: string; readonly port: number },
  { load, arm, plan, basicCredentials, ports, proxies, stop }: Shard = {},
) {
  const planned = {
    arm: armOf({
      via: 'proxy',
      target: { scheme: 'http', host: 'origin', port: 80, path: '/?n={nonce}' },
      expect: { kind: 'status', statuses: [200] },
      load: { ...LOAD, ...load },
      ...arm,
    }),
    endpoints: (proxies ?? [peer]).map(({ host, port, ...more }) => ({
      ...{ address: host, port, family: 4 as const },
      ...('named' in more && { host: String(more.named) }),
    })),
    sources: ports === undefined ? [] : ['127.0.0.1'],
    ...(ports && { ports: ports.map((port) => ({ from: port, to: port })) }),
    ...(basicCredentials && { basicCredentials }),
  };
  const shard: ShardPlan = {
    ...{ index: 0, count: 1, engine: kind, arms: [planned] },
    ...{ maxOpen: 100, maxLatenessUs: 50_000, drainUs: 5_000_000 },
    ...plan,
  };
  const { port1, port2 } = new MessageChannel();
  const counts: SeriesCounts = emptyCounts();
  const timed = new Set<string>();
  port1.on('message', (message: FromWorker) => {
    if (message.kind === 'ready') {
      port1.postMessage({ kind: 'start', atEpochMs: Date.now() });
      if (stop !== undefined) setTimeout(() => port1.postMessage({ kind: 'stop', how: stop }), 50);
    }
    if (message.kind !== 'frame') return;
    const series = message.frame.series['stress'];
    if (series !== undefined) addCounts(counts, series);
    for (const tag of Object.keys(message.histograms)) timed.add(tag);
  });
  const closed = once(port1, 'close');
  await runShard(shard, await ENGINES[kind].load(), port2);
  port2.close();
  await closed;
  const outcomes = Object.values(counts.outcomes).reduce((sum, count) => sum + count, 0);
  expect(counts.scheduled).toBe(counts.started + counts.unsent);
  expect(outcomes).toBe(counts.scheduled);
  return { counts, timed };
}

const hello = answering(responseOf('hello'), 'stays');

describe.each([
  'raw',
  'portable',
] as const)('a population of browsers in a shard of the %s engine', (engine) => {
  beforeEach(() => {
    kind = engine;
  });

  it('opens pages until its time is up, over connections that it keeps, and counts each object as a request', async () => {
    const peer = await startPeer(hello);
    // Long enough for two pages each on a machine that others keep busy.
    const { counts, timed } = await run(peer, { load: { forUs: 2_000_000, thinkUs: 200_000 } });
    const received = peer.seen.flatMap(({ received }) => received.match(/^GET /gm) ?? []).length;
    expect(counts).toMatchObject({ scheduled: 12, established: 12, outcomes: { ok: 12 }, challenges: 0 });
    expect(peer.seen).toHaveLength(12);
    expect(counts.requests).toBe(received);
    expect(counts.statuses).toEqual({ '200': received });
    // Two seconds of pages 0.2 s apart, by four: nobody can say how many, but more than one each.
    expect(received).toBeGreaterThanOrEqual(2 * 4 * 5);
    expect(received % 5).toBe(0);
    // Four browsers held three connections each for as long as it went on, and in the end none.
    expect(counts.browsing).toMatchObject({ pages: received / 5 });
    expect(Object.keys(counts.usersByOpen ?? {})).toEqual(['3']);
    expect(timed).toContain('stress.object');
    expect(timed).toContain('stress.page');
  });

  it('sleeps until a page is due, instead of waiting for it busily', async () => {
    const turns = vi.spyOn(BrowserEngine.prototype, 'poll');
    onTestFinished(() => turns.mockRestore());
    const peer = await startPeer(hello);
    await run(peer, { load: { forUs: 1_000_000, thinkUs: 10_000, browsers: 8 } });
    // Every five milliseconds, and once or twice for each page: at most eight in each ten milliseconds.
    expect(turns.mock.calls.length).toBeLessThan(200 + 2 * 800);
  });

  // From a callback of Node's, the whole thread hears of it.
  it.runIf(engine === 'raw')('tells of a fault of its own, and not of what that left open', async () => {
    const fault = vi.spyOn(BrowserRunner.prototype, 'pageOver').mockImplementation(() => {
      throw new Error('the fault');
    });
    onTestFinished(() => fault.mockRestore());
    const peer = await startPeer(hello);
    await expect(run(peer)).rejects.toThrow('the fault');
  });

  it('gives each object a number of its own, over all shards', async () => {
    const peer = await startPeer(hello);
    await Promise.all([0, 1].map((index) => run(peer, { plan: { index, count: 2 } })));
    const nonces = peer.seen.flatMap(({ received }) =>
      [...received.matchAll(/\?n=(\d+)/g)].map((match) => match[1]),
    );
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(peer.seen).toHaveLength(12);
  });

  it('has users who stay who they are', async () => {
    const users: string[] = [];
    const peer = await startPeer({
      request(socket, message) {
        const user = /^Proxy-Authorization: Basic (.*)\r$/im.exec(message)?.[1];
        if (user === undefined)
          socket.write(responseOf('', '407 Who', 'Proxy-Authenticate: Basic realm="x"\r\n'));
        else {
          users.push(user);
          socket.write(responseOf('hello'));
        }
      },
    });
    const credentials = { kind: 'env', name: 'X' } as const;
    const auth = { to: 'proxy', scheme: 'basic', mode: 'challenge', credentials } as const;
    const basicCredentials = ['Basic a', 'Basic b', 'Basic c', 'Basic d'];
    const { counts } = await run(peer, { arm: { auth }, basicCredentials });
    expect(counts).toMatchObject({ challenges: 4, outcomes: { ok: 12 }, requests: users.length });
    expect(counts.statuses).toEqual({ '200': users.length, '407': 4 });
    for (const { received } of peer.seen) {
      const sent = [...received.matchAll(/^Proxy-Authorization: (.*)\r$/gim)].map((match) => match[1]);
      expect(new Set(sent).size).toBe(1);
    }
    expect(new Set(users)).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('counts the names of errors with their answers', async () => {
    const fields = 'X-Squid-Error: ERR_CONNECT_FAIL 111\r\nConnection: close\r\n';
    const peer = await startPeer(answering(responseOf('', '503 Unavailable', fields), 'closes'));
    const { counts } = await run(peer, { load: { thinkUs: 60_000_000 } });
    const answers = counts.statuses['503'];
    expect(answers).toBeGreaterThanOrEqual(4);
    expect(counts).toMatchObject({
      statuses: { '503': answers },
      errorNames: { 'Squid: ERR_CONNECT_FAIL': answers },
    });
  });

  it('begins over its ramp', async () => {
    const peer = await startPeer(hello);
    // The last of four begins after 3/4 of the ramp, which is later than the load lasts.
    const { counts } = await run(peer, { load: { rampUs: 400_000, connections: 1 } });
    expect(counts.scheduled).toBe(3);
  });

  it('lets the pages under way end when told to drain, and then closes its connections', async () => {
    const peer = await startPeer({
      request: (socket) => void setTimeout(() => socket.write(responseOf('hello')), 30),
    });
    const { counts } = await run(peer, { load: { forUs: 60_000_000, thinkUs: 60_000_000 }, stop: 'drain' });
    expect(counts).toMatchObject({ requests: 20, outcomes: { ok: counts.scheduled } });
  });

  it('asks again for a document in whose place it shows an error, long before its user does', async () => {
    let requests = 0;
    const peer = await startPeer({
      request(socket) {
        requests += 1;
        if (requests === 1) socket.resetAndDestroy();
        else socket.write(responseOf('hello'));
      },
    });
    const load = { browsers: 1, connections: 1, forUs: 2_500_000, thinkUs: 3_600_000_000 };
    const { counts } = await run(peer, { load });
    expect(counts.browsing).toMatchObject({ pages: 2, pagesFailed: 1 });
    expect(counts.requests).toBe(1 + 5);
  });

  it('gives everything up when told to abort', async () => {
    const peer = await startPeer({});
    const { counts } = await run(peer, { load: { forUs: 60_000_000 }, stop: 'abort' });
    expect(counts).toMatchObject({ scheduled: 8, requests: 4, outcomes: { abandoned: 8 } });
  });

  it('counts connections that it has no room for as unsent, and their pages as failed', async () => {
    const peer = await startPeer({});
    const { counts, timed } = await run(peer, {
      plan: { maxOpen: 1 },
      load: { forUs: 150_000, thinkUs: 60_000_000 },
      arm: { responseTimeoutUs: 400_000 },
    });
    expect(counts.outcomes).toEqual({ 'response-timeout': 1, 'unsent-open-limit': 3 });
    expect(counts.requests).toBe(4);
    expect(timed).not.toContain('stress.page');
  });

  it('begins with each proxy in turn where browsers are spread over several', async () => {
    const [first, second] = [await startPeer(hello), await startPeer(hello, '127.0.0.2')];
    const proxies = [
      { ...first, named: 'a' },
      { ...second, named: 'b' },
    ];
    await run(first, { proxies });
    expect([first.seen.length, second.seen.length]).toEqual([6, 6]);
  });

  it('begins with the first proxy of a list, at each of its addresses, and leaves the next alone', async () => {
    const [first, second] = [await startPeer(hello), await startPeer(hello, '127.0.0.2')];
    const other = { host: '127.0.0.2', port: first.port, named: 'a' };
    await run(first, {
      arm: { besideInOrder: true },
      proxies: [{ ...first, named: 'a' }, other, { ...second, named: 'b' }],
      load: { browsers: 1 },
    });
    expect([first.seen.length, second.seen.length]).toEqual([3, 0]);
    const shared = await startPeer(hello, '0.0.0.0');
    const addresses = ['127.0.0.3', '127.0.0.4'].map((host) => ({ host, port: shared.port, named: 'a' }));
    const { counts } = await run(first, {
      arm: { besideInOrder: true },
      proxies: [...addresses, { ...second, named: 'b' }],
    });
    expect(Object.values(counts.endpoints).map(({ started }) => started)).toEqual([6, 6, 0]);
    expect(second.seen).toEqual([]);
  });

  describe('with source ports of its own', () => {
    const source = {
      addresses: [],
      ports: { range: { from: 1, to: 65_535 }, order: 'sequential' as const, reuseAfterUs: 0 },
    };

    /** Ports that are free, in ascending order: they were, a moment ago. */
    async function findFree(count: number): Promise<number[]> {
      const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
      await Promise.all(servers.map((server) => once(server, 'listening')));
      const found = servers.map((server) => (server.address() as AddressInfo).port);
      await Promise.all(servers.map((server) => once(server.close(), 'close')));
      return found.sort((a, b) => a - b);
    }

    it('opens connections from these alone, none from two at once', async () => {
      const peer = await startPeer(hello);
      const ports = await findFree(12);
      const { counts } = await run(peer, { arm: { source }, ports });
      const used = peer.seen.map(({ remotePort }) => remotePort);
      expect(used.sort((a, b) => a - b)).toEqual(ports);
      expect(counts.outcomes).toEqual({ ok: 12 });
    });

    it('gives a port again once its connection has ended', async () => {
      const peer = await startPeer(answering(responseOf('hello'), 'closes'));
      const ports = await findFree(4);
      const { counts } = await run(peer, { arm: { source }, ports, load: { browsers: 1, thinkUs: 0 } });
      // Each connection carries one object of five; a second page needs as many again.
      expect(peer.seen.length).toBeGreaterThan(ports.length);
      const reused = Object.values(counts.byReuseAge).reduce((sum, { attempts }) => sum + attempts, 0);
      expect(reused).toBe(counts.started - new Set(peer.seen.map(({ remotePort }) => remotePort)).size);
      expect(counts.outcomes['unsent-no-port'] ?? 0).toBe(0);
      expect(counts.browsing?.pagesFailed ?? 0).toBe(0);
    });

    it('does not count a port as used again that something else has taken meanwhile', async () => {
      const [port] = await findFree(1);
      const peer = await startPeer({
        request(socket) {
          socket.end(responseOf('hello', '200 OK', 'Connection: close\r\n'));
          socket.once('close', () => {
            const holder = createServer().listen(port, '127.0.0.1');
            onTestFinished(() => void holder.close());
          });
        },
      });
      const { counts } = await run(peer, {
        ...{ arm: { source }, ports: [port!] },
        load: { browsers: 1, forUs: 2_000_000, thinkUs: 400_000, page: { objects: 1, paths: [], hosts: [] } },
      });
      expect(counts.outcomes).toMatchObject({ ok: 1, 'local-port-in-use': 1 });
      expect(Object.values(counts.byReuseAge).reduce((sum, { attempts }) => sum + attempts, 0)).toBe(0);
    });

    it('counts a port that something else holds, and takes another for the page', async () => {
      const peer = await startPeer(hello);
      const ports = await findFree(6);
      const holder = createServer().listen(ports[0], '127.0.0.1');
      await once(holder, 'listening');
      onTestFinished(() => void holder.close());
      // Whose first connection is the document's own, not one opened ahead.
      const load = { browsers: 1, profile: 'firefox' as const };
      const { counts } = await run(peer, { arm: { source }, ports, load });
      expect(counts.outcomes['local-port-in-use']).toBe(1);
      expect(counts.browsing?.pages).toBeGreaterThan(0);
      expect(counts.browsing?.pagesFailed ?? 0).toBe(0);
      expect(peer.seen.map(({ remotePort }) => remotePort)).not.toContain(ports[0]);
    });

    it('counts what waits for a port in vain, and loads pages over the connections that there are', async () => {
      const slow: Behaviour = {
        request: (socket) => void setTimeout(() => socket.write(responseOf('hello')), 30),
      };
      const peer = await startPeer(slow);
      const { counts } = await run(peer, {
        ...{
          arm: { source },
          ports: await findFree(1),
          load: { browsers: 1 },
          plan: { maxLatenessUs: 5_000 },
        },
      });
      expect(peer.seen).toHaveLength(1);
      expect(counts.outcomes).toMatchObject({ ok: 1, 'unsent-no-port': expect.any(Number) });
      expect(counts.browsing?.pagesFailed ?? 0).toBe(0);
    });
  });
});
