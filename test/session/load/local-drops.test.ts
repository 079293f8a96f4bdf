import { expect, it } from 'vitest';
import { countLocalDrops } from '../../../src/session/load/local-drops.ts';

const netstat = (failed: number) =>
  `TcpExt: SyncookiesSent TCPRetransFail TCPRcvCoalesce\nTcpExt: 0 ${failed} 12\nIpExt: InNoRoutes\nIpExt: 3\n`;

it('counts what was dropped here since the last time it was asked', () => {
  let text = netstat(7);
  const take = countLocalDrops(() => text);
  expect(take()).toBe(0);
  text = netstat(10);
  expect([take(), take()]).toEqual([3, 0]);
  text = '';
  expect(take()).toBe(0);
});
