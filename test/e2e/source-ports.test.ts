import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Tally } from '../../src/analysis/tally.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import { readFrames, readRunInfo } from '../../src/store/read-info.ts';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { collect } from '../store/runs.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('source ports', ['linux', 'nginx'], () => {
  let place: Workplace;
  let nginx: Nginx;
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.socket.remoteAddress}:${request.socket.remotePort}`);
    response.writeHead(200, { Connection: 'close' }).end();
  });
  beforeAll(async () => {
    place = makeWorkplace();
    nginx = await startNginx();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await nginx.stop();
    await place.clean();
  });

  const scenario = (name: string, port: number, source: string, load: string, rest = '') =>
    place.scenario(
      name,
      `schema: 1
target: http://127.0.0.1:${port}/
arms:
  arm:
    via: direct
    source: ${source}
    load: ${load}
    ${rest}
`,
    );
  const portOf = () => (server.address() as AddressInfo).port;
  const countsOf = async (id: string): Promise<SeriesCounts> => {
    const tally = new Tally();
    for (const frame of await collect(readFrames(`${place.results}/${id}`))) tally.add(frame);
    return tally.series('arm').counts;
  };
  const reused = ({ byReuseAge }: SeriesCounts): number =>
    Object.values(byReuseAge).reduce((sum, { attempts }) => sum + attempts, 0);

  it('of one address can be driven by the ten thousand, over two workers, and none is used twice', async () => {
    const file = await scenario(
      'many',
      nginx.port,
      '{ addresses: 127.0.0.9, ports: 20000-30399 }',
      '{ concurrency: 200, attempts: 10000 }',
    );
    const summary = await place.measure(['run', file, '--workers', '2']);
    expect(summary.arms['arm']).toMatchObject({ scheduled: 10_000, completed: 10_000, unsent: 0 });
    expect((await countsOf(summary.run.id)).byReuseAge).toEqual({});
    const { sources } = await readRunInfo(`${place.results}/${summary.run.id}`);
    expect(sources?.['arm']?.addresses).toEqual(['127.0.0.9']);
    expect(sources?.['arm']?.ports?.join()).toMatch(/^20000-(.*-)?30399$/);
  });

  it('are used in turn at every address, and again only when all have been', async () => {
    const source = '{ addresses: 127.0.3.0/30, ports: 21000-21049 }';
    const file = await scenario('turns', portOf(), source, '{ concurrency: 10, attempts: 300 }');
    const summary = await place.measure(['run', file, '--workers', '2']);
    expect(summary.arms['arm']).toMatchObject({ completed: 300 });
    const uses = new Map<string, number>();
    for (const one of seen) uses.set(one, (uses.get(one) ?? 0) + 1);
    const expected = ['127.0.3.1', '127.0.3.2'].flatMap((address) =>
      Array.from({ length: 50 }, (_, index) => `${address}:${21_000 + index}`),
    );
    expect([...uses.keys()].sort()).toEqual(expected);
    expect([...uses.values()].every((times) => times === 3)).toBe(true);
    // All but the first use of each of the 50 ports, wherever that was.
    expect(reused(await countsOf(summary.run.id))).toBeGreaterThanOrEqual(200);
    expect(reused(await countsOf(summary.run.id))).toBeLessThanOrEqual(250);
  });

  it('at random are not used again before the far end has acknowledged the FIN', async () => {
    // It reads a FIN at once and closes late: meanwhile, its system acknowledges the FIN after 40 ms.
    const slow = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
      socket.on('end', () => setTimeout(() => socket.end(), 60));
    });
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const source = '{ addresses: 127.0.0.1, ports: 23000-23039, order: random }';
    const file = await scenario('slow', port, source, '{ concurrency: 4, attempts: 400 }', 'close: fin');
    const summary = await place.measure(['run', file, '--workers', '1']);
    slow.close();
    expect(summary.arms['arm']!.outcomes).toEqual({ ok: 400 });
  });

  it('come back at the age asked for, as the counts by age show', async () => {
    const source = '{ addresses: 127.0.0.9, ports: 22000-22999, reuseExactly: 500ms }';
    const file = await scenario('exact', portOf(), source, '[ { hold: { rate: 100/s, for: 2s } } ]');
    const counts = await countsOf((await place.measure(['run', file])).run.id);
    expect(reused(counts)).toBeGreaterThan(100);
    // The bin that holds 500 ms starts at 464 ms.
    expect(Math.min(...Object.keys(counts.byReuseAge).map(Number))).toBe(464);
  });

  it('that rest leave attempts unsent, by their own name, and limit the generator', async () => {
    const source = '{ addresses: 127.0.0.9, ports: 23000-23039, reuseAfter: 10s }';
    const file = await scenario('rest', portOf(), source, '[ { hold: { rate: 100/s, for: 1s } } ]');
    const summary = await place.measure(['run', file]);
    expect(summary.arms['arm']).toMatchObject({
      ...{ scheduled: 100, started: 40, unsent: 60 },
      outcomes: { ok: 40, 'unsent-no-port': 60 },
    });
    expect(summary.verdict).toMatchObject({ pass: null, generatorLimited: true });
    expect(summary.verdict.reasons[0]).toContain('unsent-no-port 60');
  });

  it('on which something listens are left out', async () => {
    const source = `{ addresses: 127.0.0.1, ports: ${portOf()}-${portOf()} }`;
    const file = await scenario('taken', portOf(), source, '{ concurrency: 1, attempts: 1 }');
    const { code, stderr } = await place.run(['run', file]);
    expect(code).toBe(5);
    expect(stderr).toMatch(/only 0 of the source ports \S+ are free on this machine, but 1 are needed/);
  });
});
