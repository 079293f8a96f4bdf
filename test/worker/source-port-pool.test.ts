import { describe, expect, it } from 'vitest';
import type { Arm } from '../../src/scenario/types.ts';
import { SourcePortPool } from '../../src/worker/source-port-pool.ts';
import { recordOf, refusedLocally } from '../metrics/attempts.ts';
import { armOf, scenarioOf } from '../scenario/support.ts';

const arm = (source: string, close: Arm['close'] = 'peer'): Arm =>
  armOf(
    scenarioOf(`  x: { load: { concurrency: 1, attempts: 1 }, close: ${close}, source: ${source} }`),
    'x',
  );

const PORTS = '{ addresses: all, ports: 100-105, reuseAfter: 1s }';
const open = (spec: Arm, shard = 0, shards = 1) =>
  SourcePortPool.open(
    {
      arm: spec,
      endpoints: [],
      sources: ['192.0.2.1', '192.0.2.2'],
      ports: [
        { from: 100, to: 102 },
        { from: 105, to: 105 },
      ],
    },
    shard,
    shards,
  )!;

const answered = (sourcePort: number, respondedAtUs: number) => ({
  ...{ source: 0, sourcePort, startedAtUs: 0, establishedAtUs: 500, respondedAtUs },
});

const closed = (source: number, sourcePort: number, endedAtUs: number) =>
  recordOf({ source, sourcePort, endedAtUs });

describe('the source ports of an arm', () => {
  it('are left to the system where the arm names none', () => {
    expect(SourcePortPool.open({ arm: arm('{ addresses: all }'), endpoints: [], sources: [] }, 0, 1)).toBe(
      undefined,
    );
  });

  it('are each taken once by all shards together, before any returns', () => {
    const taken = [0, 1].flatMap((shard) => {
      const book = open(arm(PORTS), shard, 2);
      const mine: string[] = [];
      while (book.hasFree(0)) {
        book.take(0);
        mine.push(`${book.source}:${book.port}`);
      }
      return mine;
    });
    expect(taken.sort()).toEqual([
      ...['0:100', '0:101', '0:102', '0:105'],
      ...['1:100', '1:101', '1:102', '1:105'],
    ]);
  });

  it('come in an order of its own to each arm that takes them at random, and in the same one every time', () => {
    const order = (name: string): number[] => {
      const spec = { ...arm('{ addresses: all, ports: 1000-1199, order: random }'), name };
      const ports = [{ from: 1_000, to: 1_199 }];
      const book = SourcePortPool.open({ arm: spec, endpoints: [], sources: ['192.0.2.1'], ports }, 0, 1)!;
      return Array.from({ length: 200 }, () => {
        book.take(0);
        return book.port;
      });
    };
    const [one, two] = [order('one'), order('two')];
    expect(order('one')).toEqual(one);
    expect([...one].sort()).toEqual([...two].sort());
    // Of 200 places, two orders that have nothing to do with each other agree in one on average.
    expect(one.filter((port, place) => port === two[place]).length).toBeLessThan(8);
  });

  it('rest, and know for how long they did, at this address and at any', () => {
    const book = open(arm('{ addresses: all, ports: 100-105, reuseAfter: 1s, order: lru }'));
    const first = { ...book.take(0) };
    expect(first).toEqual({ portUs: -1, sourceUs: -1 });
    const [source, port] = [book.source, book.port];
    for (let left = 1; left < 8; left += 1) book.take(10);
    expect(book.hasFree(20)).toBe(false);
    book.release(closed(source, port, 50_000), 'ok');
    expect([book.hasFree(1_049_999), book.hasFree(1_050_000)]).toEqual([false, true]);
    expect(book.take(1_051_000)).toEqual({ portUs: 1_001_000, sourceUs: 1_001_000 });
    expect([book.source, book.port]).toEqual([source, port]);
    // The port closes at the other address, too: that is its age from then on.
    book.release(closed(1 - source, port, 1_100_000), 'ok');
    book.release(closed(source, port, 1_060_000), 'ok');
    expect(book.hasFree(2_060_000)).toBe(true);
  });

  it('are asked for their age as long as they are open', () => {
    const book = open(arm('{ addresses: all, ports: 100-105, order: mru }'));
    book.take(0);
    const [source, sourcePort] = [book.source, book.port];
    book.release(closed(source, sourcePort, 5_000), 'ok');
    book.take(12_000);
    expect([book.source, book.port]).toEqual([source, sourcePort]);
    book.take(13_000);
    const record = recordOf({ source, sourcePort });
    expect(book.ageOf(record)).toEqual({ portUs: 7_000, sourceUs: 7_000 });
  });

  it('rest a minute where this machine refuses them, without having been used', () => {
    const book = open(arm('{ addresses: all, ports: 100-105, order: mru }'));
    book.take(0);
    const refused = { source: book.source, sourcePort: book.port, endedAtUs: 10 };
    for (let left = 1; left < 8; left += 1) book.take(0);
    book.release(refusedLocally('EADDRINUSE', refused), 'local-port-in-use');
    // No descriptor was free: the port is as good as before.
    expect([book.hasFree(59_999_999), book.hasFree(60_000_010)]).toEqual([false, true]);
    expect(book.take(60_000_010).sourceUs).toBe(-1);
    book.release(refusedLocally('EMFILE', { ...refused, endedAtUs: 60_000_020 }), 'local-fd-exhausted');
    expect(book.hasFree(60_000_020)).toBe(true);
  });

  it('rest a minute where TIME_WAIT is here', () => {
    const book = open(arm('{ addresses: all, ports: 100-105 }', 'fin'));
    for (let left = 0; left < 8; left += 1) book.take(0);
    book.release(recordOf({ source: 0, sourcePort: 100, tcpOptions: 0, endedAtUs: 10 }), 'ok');
    expect([book.hasFree(60_000_009), book.hasFree(60_000_010)]).toEqual([false, true]);
    book.release(recordOf({ source: 0, sourcePort: 101, tcpOptions: 1, endedAtUs: 10 }), 'ok');
    expect(book.hasFree(11)).toBe(true);
  });

  it.each(['random', 'mru'])('rest until a FIN is acknowledged, if in order %s', (order) => {
    const open8 = (close: Arm['close']) => {
      const book = open(arm(`{ addresses: all, ports: 100-105, order: ${order} }`, close));
      for (let left = 0; left < 8; left += 1) book.take(0);
      return book;
    };
    const freeAfter = (
      close: Arm['close'],
      handshakeUs: number,
      changes: Partial<Parameters<typeof recordOf>[0]> = {},
    ) => {
      const book = open8(close);
      const record = { source: 0, sourcePort: 100, startedAtUs: 0, establishedAtUs: handshakeUs };
      const ended = { respondedAtUs: 900_000, endedAtUs: 1_000_000, tcpOptions: 1 };
      book.release(recordOf({ ...record, ...ended, ...changes }), 'ok');
      let afterUs = 0;
      while (!book.hasFree(1_000_000 + afterUs)) afterUs += 500;
      return afterUs;
    };
    // A round trip, and what the far end's system waits before it acknowledges: 40 ms, or a round trip, up to 200 ms.
    expect(freeAfter('fin', 500)).toBe(500 + 40_000 + 10_000);
    expect(freeAfter('fin', 90_000)).toBe(90_000 + 90_000 + 10_000);
    expect(freeAfter('fin', 300_000)).toBe(300_000 + 200_000 + 10_000);
    // A far end that has closed waits for nothing, and after a RST there is nothing to wait for.
    expect(freeAfter('peer', 500)).toBe(500);
    expect(freeAfter('fin', 500, { cause: 'eof' })).toBe(500);
    expect(freeAfter('fin', 500, { cause: 'errno' })).toBe(0);
    expect(freeAfter('reset', 500)).toBe(0);
  });

  it.each([
    'order: sequential',
    'order: lru',
    'reuseExactly: 5ms',
  ])('keep to their turn and their age otherwise: %s', (how) => {
    const book = open(arm(`{ addresses: all, ports: 100-105, ${how} }`, 'fin'));
    for (let left = 0; left < 8; left += 1) book.take(0);
    book.release(recordOf({ ...answered(100, 40_000), tcpOptions: 1, endedAtUs: 50_000 }), 'ok');
    expect(book.hasFree(55_000)).toBe(true);
  });
});
