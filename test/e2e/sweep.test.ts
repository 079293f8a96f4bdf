import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Tally } from '../../src/analysis/tally.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { collect } from '../store/runs.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectVerdict } from '../support/verdict.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('a delta sweep', ['linux'], () => {
  let place: Workplace;
  const seen: { from: string; port: number; atMs: number }[] = [];
  const server = createServer((request, response) => {
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    seen.push({ from: remoteAddress, port: remotePort, atMs: performance.now() });
    response.writeHead(200, { Connection: 'close' }).end();
  });
  beforeAll(async () => {
    place = makeWorkplace();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await place.clean();
  });

  it('sends two attempts from each port, one from each address, its delay apart, over all workers', async () => {
    const { port } = server.address() as AddressInfo;
    const file = await place.scenario(
      'sweep',
      `schema: 1
target: http://127.0.0.1:${port}/
arms:
  sweep:
    via: direct
    source: { addresses: [127.0.0.2, 127.0.0.3], ports: 21000-21011 }
    load: { sweep: { delays: [200ms, 600ms, 1200ms], pairs: 4, rate: 19/s } }
pass: ["sweep.unsent == 0", "sweep.outcomes.ok == 24"]
`,
    );
    const summary = await place.measure(['run', file, '--workers', '2']);
    expectVerdict(summary, { 'sweep.unsent == 0': 'if-all-sent', 'sweep.outcomes.ok == 24': 'if-all-sent' });
    const { unsent } = summary.arms['sweep']!;
    expect(summary.arms['sweep']).toMatchObject({
      ...{ scheduled: 24, completed: 24 - unsent, stalled: { count: 0 } },
      outcomes: { ok: 24 - unsent },
    });

    const pairs = Array.from({ length: 12 }, (_, index) => seen.filter((one) => one.port === 21_000 + index));
    for (const pair of pairs)
      expect(pair.map(({ from }) => from)).toEqual(['127.0.0.2', '127.0.0.3'].slice(0, pair.length));
    // A second attempt that this machine was too busy for is left out, and counted as unsent.
    const whole = pairs.filter((pair) => pair.length === 2);
    expect(whole).toHaveLength(12 - unsent);
    expect(whole).not.toHaveLength(0);

    const tally = new Tally();
    for (const frame of await collect(readFrames(`${place.results}/${summary.run.id}`))) tally.add(frame);
    const { byReuseAge } = tally.series('sweep').counts;
    const delaysMs = Object.entries(byReuseAge).flatMap(([delayMs, { attempts, stalled }]) => {
      expect(['200', '600', '1200']).toContain(delayMs);
      expect(attempts).toBeLessThanOrEqual(4);
      expect(stalled).toBe(0);
      return Array<number>(attempts).fill(Number(delayMs));
    });
    const apartMs = whole.map(([first, second]) => second!.atMs - first!.atMs).sort((a, b) => a - b);
    expect(apartMs).toHaveLength(delaysMs.length);
    for (const [index, ms] of apartMs.entries()) expect(ms).toBeGreaterThan(delaysMs[index]! - 5);
  });

  it('ends before it starts where this machine has but one of the addresses', async () => {
    const file = await place.scenario(
      'alone',
      `schema: 1
target: http://127.0.0.1:9/
arms:
  sweep:
    source: { addresses: 127.0.0.2/32, ports: 21000-21011 }
    via: direct
    load: { sweep: { delays: [200ms], pairs: 4 } }
`,
    );
    const { code, stderr } = await place.run(['run', file]);
    expect(code).toBe(5);
    expect(stderr).toContain('a sweep needs two source addresses; available: 127.0.0.2');
  });
});
