import { expect, it } from 'vitest';
import { PortsInUse } from '../../../src/evidence/far/ports-in-use.ts';
import type { HandshakeEnd, HandshakeSeen, SynSeen } from '../../../src/evidence/handshakes/types.ts';

const OUTSIDE = '203.0.113.1';

interface Use {
  readonly port: number;
  readonly fromSec: number;
  readonly toSec?: number;
  readonly end?: HandshakeEnd;
  readonly client?: string;
  readonly serverPort?: number;
}

function seenOf({
  port,
  fromSec,
  toSec = fromSec + 1,
  end = 'closed',
  client = OUTSIDE,
  serverPort = 3_128,
}: Use) {
  const syn = { atUs: fromSec * 1e6 } as SynSeen;
  const seen: Partial<HandshakeSeen> = {
    ...{ client, clientPort: port, server: '192.0.2.9', serverPort },
    ...{ syns: [syn], lastAtUs: toSec * 1e6, end },
  };
  return seen as HandshakeSeen;
}

function portsOf(uses: readonly Use[], missedSec: readonly number[]) {
  const ports = new PortsInUse();
  for (const use of uses) ports.add(seenOf(use));
  return ports.describe(
    [OUTSIDE],
    missedSec.map((sec) => sec * 1e6),
  );
}

/** Four ports, each for a second, one after the other, and again after a rest of ten. */
const POOL: readonly Use[] = [0, 1, 2].flatMap((round) =>
  [1, 2, 3, 4].map((port) => ({ port, fromSec: round * 11 + port / 10 })),
);

it('counts the ports that connections have, and those that rest after one', () => {
  expect(portsOf(POOL, [0.45, 2, 9, 10.9])).toEqual({
    ...{ ports: 4, handshakes: 12, missed: 4, takenAtLeast: 4, takenMedian: 4, takenMost: 4 },
    ...{ takenMedianByMany: 4, takenMostByMany: 4 },
    ...{ later: 8, laterNew: 0, restUs: 10e6 },
  });
});

it('counts a port as free once its rest is over, or before its first connection', () => {
  const uses: Use[] = [
    { port: 1, fromSec: 0 },
    { port: 1, fromSec: 3 },
    { port: 2, fromSec: 0.5 },
    { port: 3, fromSec: 20 },
  ];
  // A rest takes 2 s: at 10 s all are free, at 3.4 s the first is in use and the second rests, at 20.5 s the third is in use.
  const at = (sec: number) => portsOf(uses, [sec])?.takenMedian;
  expect([at(10), at(3.4), at(20.5)]).toEqual([0, 2, 1]);
  expect(portsOf(uses, [3.4])).toMatchObject({ later: 1, laterNew: 1, restUs: 2e6 });
});

it('tells apart how long ports rested, but for a few that came sooner', () => {
  const pool = Array.from({ length: 40 }, (_, port) => [
    { port, fromSec: port / 10 },
    { port, fromSec: (port === 7 ? 3 : 121) + port / 10 },
  ]).flat();
  expect(portsOf(pool, [60])).toMatchObject({
    ...{ ports: 40, takenMedian: 0, takenMost: 0, restUs: 2e6 },
    ...{ takenMedianByMany: 40, takenMostByMany: 40 },
  });
});

it('lets a port rest after an RST for as long as others did after one', () => {
  const uses: Use[] = [
    { port: 1, fromSec: 0, end: 'reset' },
    { port: 1, fromSec: 1.5, end: 'reset' },
    { port: 2, fromSec: 0, end: 'closed' },
    { port: 2, fromSec: 9 },
  ];
  expect(portsOf(uses, [2.9])?.takenMedian).toBe(2);
  expect(portsOf(uses, [3.5])?.takenMedian).toBe(1);
});

it('takes a port whose connection never ended, and one that was never seen again, for taken', () => {
  const uses: Use[] = [
    { port: 1, fromSec: 0, end: 'open' },
    { port: 2, fromSec: 0 },
  ];
  expect(portsOf(uses, [1_000])).toMatchObject({ takenMedian: 2, restUs: null });
});

it('looks at one destination, and at the external addresses alone', () => {
  const others: Use[] = [
    { port: 50, fromSec: 0, serverPort: 80 },
    { port: 51, fromSec: 0, client: '203.0.113.77' },
  ];
  expect(portsOf([...POOL, ...others], [5])).toMatchObject({ ports: 4, handshakes: 12 });
});

it('says nothing where no SYN was missed, or nothing came from there', () => {
  expect(portsOf(POOL, [])).toBeUndefined();
  expect(portsOf([{ port: 1, fromSec: 0, client: '203.0.113.77' }], [1])).toBeUndefined();
});
