import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

suiteNeeding('pings', ['linux', 'root'], () => {
  it('are attempts of an arm, answered by this machine', async () => {
    const place = makeWorkplace();
    try {
      const args = ['--target', 'tcp://127.0.0.1:9', '--rate', '20/s', '--duration', '1s', '--label', 'x'];
      const { arms, pings } = await place.measure(['run', 'check-icmp', ...args]);
      const { started, completed, stalled, handshakeUs, rttUs } = arms['check']!;
      expect(started).toBeGreaterThan(10);
      expect([completed, stalled.count, handshakeUs.count, rttUs?.count]).toEqual([
        started,
        0,
        started,
        started,
      ]);
      expect(pings).toBeUndefined();
    } finally {
      await place.clean();
    }
  }, 60_000);

  it('stand beside a load, and so do counters of the kernel', async () => {
    const place = makeWorkplace();
    const server = createServer((_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const args = ['hit', `http://127.0.0.1:${port}/`, '--rate', '20/s', '-t', '3'];
    try {
      const { pings, hostCounters, arms } = await place.measure(args);
      const { sent, answered } = pings!['127.0.0.1']!;
      expect(sent).toBeGreaterThan(0);
      expect(answered).toBe(sent);
      expect(hostCounters!['TcpActiveOpens']).toBeGreaterThanOrEqual(arms['hit']!.started * 0.9);
    } finally {
      server.close();
      await place.clean();
    }
  }, 60_000);
});
