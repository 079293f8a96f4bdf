import { expect, it } from 'vitest';
import { CONNTRACK, COUNTERS, countLocalDrops } from '../../../src/session/load/local-drops.ts';

const netstat = (failed: number) =>
  `TcpExt: SyncookiesSent TCPRetransFail TCPRcvCoalesce\nTcpExt: 0 ${failed} 12\nIpExt: InNoRoutes\nIpExt: 3\n`;

/** As Linux 6.18 prints it, a line a processor. */
const conntrack = (...drops: string[]) =>
  [
    'entries  clashres found new insert_failed drop early_drop icmp_error',
    ...drops.map((drop) => `00040000  00000000 00000000 00000000 00000000 ${drop} 00000000 00000000`),
    '',
  ].join('\n');

it('counts what was dropped here since the last time it was asked', () => {
  const files = new Map([[COUNTERS, netstat(7)]]);
  const take = countLocalDrops((path) => files.get(path) ?? '');
  expect(take()).toEqual({});
  files.set(COUNTERS, netstat(10));
  expect([take(), take()]).toEqual([{ localDrops: 3 }, {}]);
  files.set(COUNTERS, '');
  expect(take()).toEqual({});
});

it('counts what a full conntrack table had dropped, on any processor', () => {
  const files = new Map([[CONNTRACK, conntrack('00000001', '00000019')]]);
  const take = countLocalDrops((path) => files.get(path) ?? '');
  files.set(CONNTRACK, conntrack('00000002', '0000002a'));
  expect([take(), take()]).toEqual([{ conntrackDrops: 1 + 17 }, {}]);
});
