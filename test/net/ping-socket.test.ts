import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type EchoReply, openPingSocket, type PingSocket } from '../../src/net/ping-socket.ts';
import { useOwnNetwork } from '../support/own-network.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const RANGE = '/proc/sys/net/ipv4/ping_group_range';

async function replyOf(socket: PingSocket): Promise<EchoReply | undefined> {
  for (let tries = 0; tries < 200; tries += 1) {
    const reply = socket.receive();
    if (reply !== undefined) return reply;
    await sleep(5);
  }
  return undefined;
}

/** The kernel begins to note times of arrival a moment after the first socket has asked for them. */
async function untilTimed(socket: PingSocket): Promise<void> {
  for (let sequence = 1; sequence <= 100; sequence += 1) {
    expect(socket.send(sequence)).toBe(0);
    await sleep(20);
    const reply = await replyOf(socket);
    expect(reply?.sequence).toBe(sequence);
    if (reply!.isTimedByKernel) return;
  }
  throw new Error('the kernel times no reply');
}

suiteNeeding('pings', ['linux', 'root', 'netns', 'ip'], () => {
  useOwnNetwork();

  it.each([
    ['datagram', 4, '127.0.0.1', '0 2147483647'],
    ['datagram', 6, '::1', '0 2147483647'],
    ['raw', 4, '127.0.0.1', '1 0'],
    ['raw', 6, '::1', '1 0'],
  ] as const)('by a %s socket over IPv%i are answered, and timed by the kernel', async (kind, family, address, range) => {
    writeFileSync(RANGE, range);
    const socket = openPingSocket({ family, address, source: address });
    if (typeof socket === 'number') throw new Error(`errno ${socket}`);
    try {
      expect(socket.kind).toBe(kind);
      expect(socket.receive()).toBeUndefined();
      await untilTimed(socket);
      for (const sequence of [0, 65_535]) {
        expect(socket.send(sequence)).toBe(0);
        const sentAtMs = performance.now();
        await sleep(300);
        const readAtMs = performance.now();
        const reply = await replyOf(socket);
        // It is the time of arrival that counts, not that of reading.
        expect(reply).toMatchObject({ sequence, isTimedByKernel: true });
        expect(reply!.tookUs).toBeLessThan((readAtMs - sentAtMs) * 1_000);
      }
      expect(socket.receive()).toBeUndefined();
    } finally {
      socket.close();
    }
  });

  it('to where no route leads are refused with the errno, and nothing stays open', () => {
    const ENETUNREACH = 101;
    expect(openPingSocket({ family: 4, address: '192.0.2.1' })).toBe(ENETUNREACH);
  });
});
