import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { countHost } from '../../../src/evidence/counters/count-host.ts';
import { openQueues } from '../../../src/evidence/counters/read-queues.ts';
import {
  attribute,
  concat,
  nativeWord,
  nested,
  textAttribute,
} from '../../../src/net/link/netlink-message.ts';
import { listQueues, readQueue } from '../../../src/net/link/queues.ts';
import { useOwnNetwork } from '../../support/own-network.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const ROOT = 0xffff_ffff;
const INGRESS = 0xffff_fff1;

/** struct tcmsg, and attributes as the kernel writes them. */
function message(interfaceIndex: number, parent: number, kind: string, drops: number): Uint8Array {
  const queue = concat([0, 0, drops, 0, 0].map(nativeWord));
  return concat([
    ...[0, interfaceIndex, 0x1_0000, parent, 0].map(nativeWord),
    textAttribute(1, kind),
    nested(7, [attribute(1, new Uint8Array(16)), attribute(3, queue)]),
  ]);
}

describe('what the kernel tells of a queue', () => {
  it('is what the outermost one dropped, either way, and nothing of inner ones', () => {
    expect(readQueue(message(3, ROOT, 'tbf', 4_000_000_000))).toEqual([
      { interfaceIndex: 3, kind: 'tbf', way: 'out', drops: 4_000_000_000 },
    ]);
    expect(readQueue(message(3, INGRESS, 'clsact', 5))).toMatchObject([{ way: 'in', drops: 5 }]);
    expect(readQueue(message(3, 0x8001_0001, 'fq_codel', 9))).toEqual([]);
  });

  it('may lack anything', () => {
    const whole = message(3, ROOT, 'tbf', 7);
    for (let length = 0; length < whole.length; length += 1)
      expect(() => readQueue(whole.slice(0, length))).not.toThrow();
    expect(readQueue(whole.slice(0, 20))).toEqual([{ interfaceIndex: 3, kind: '', way: 'out', drops: 0 }]);
  });
});

suiteNeeding('queues of this machine', ['linux', 'root', 'netns', 'ip', 'tc', 'npm:koffi'], () => {
  useOwnNetwork([
    ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', 'rate', '8kbit', 'burst', '1600', 'limit', '3000'],
  ]);

  it('are counted second by second, under the name of their interface', async () => {
    expect(listQueues()).toMatchObject([{ kind: 'tbf', way: 'out', drops: 0 }]);
    const take = countHost({ readQueues: openQueues() });
    const socket = createSocket('udp4');
    const send = (): Promise<unknown> =>
      new Promise((resolve) => socket.send(new Uint8Array(1_000), 9, '127.0.0.1', resolve));
    for (let index = 0; index < 10; index += 1) await send();
    socket.close();
    const said = execFileSync('tc', ['-s', 'qdisc', 'show', 'dev', 'lo']).toString();
    const dropped = Number(/dropped (\d+)/.exec(said)?.[1]);
    expect(dropped).toBeGreaterThan(3);
    expect(take().hostCounters).toMatchObject({ 'lo.qdisc_drops': dropped });
    expect(take().hostCounters ?? {}).not.toHaveProperty('lo.qdisc_drops');
  });
});
