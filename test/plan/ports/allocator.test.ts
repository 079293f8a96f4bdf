import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createPortAllocator } from '../../../src/plan/ports/allocator.ts';
import type { PortAllocator, SourcePlan } from '../../../src/plan/ports/types.ts';
import { PORT_ORDERS } from '../../../src/scenario/words.ts';

const ALONE = { index: 0, count: 1 };
const ports = (from: number, to: number) => [{ from, to }];

const open = (plan: Partial<SourcePlan>, shard = ALONE): PortAllocator =>
  createPortAllocator(
    { sources: 1, ports: ports(20_000, 20_003), order: 'sequential', reuseAfterUs: 0, ...plan },
    shard,
  );

/** Leases until none is free: `0:20000` is port 20000 of the first address. */
function leaseAll(allocator: PortAllocator, nowUs = 0): string[] {
  const leased: string[] = [];
  while (allocator.lease(nowUs)) leased.push(`${allocator.source}:${allocator.port}`);
  return leased;
}

function leaseSome(allocator: PortAllocator, count: number, nowUs = 0): number[] {
  return Array.from({ length: count }, () => {
    expect(allocator.lease(nowUs)).toBe(true);
    return allocator.port;
  });
}

describe('sequential order', () => {
  it('goes upwards, and from the lowest again after the highest', () => {
    const allocator = open({});
    const seen = Array.from({ length: 6 }, (_, at) => {
      allocator.lease(at);
      allocator.release(allocator.source, allocator.port, at);
      return allocator.port;
    });
    expect(seen).toEqual([20_000, 20_001, 20_002, 20_003, 20_000, 20_001]);
  });

  it('passes over what is in use or resting, and comes back to it in its turn', () => {
    const allocator = open({ reuseAfterUs: 100 });
    expect(leaseSome(allocator, 2, 0)).toEqual([20_000, 20_001]);
    allocator.release(0, 20_001, 10);
    expect(leaseSome(allocator, 2, 20)).toEqual([20_002, 20_003]);
    allocator.release(0, 20_002, 30);
    expect(leaseSome(allocator, 2, 130)).toEqual([20_001, 20_002]);
  });

  it('lets addresses take turns, each from a place of its own, so that a port rests before its turn at the next', () => {
    expect(leaseAll(open({ sources: 2 }))).toEqual([
      '0:20000',
      '1:20002',
      '0:20001',
      '1:20003',
      '0:20002',
      '1:20000',
      '0:20003',
      '1:20001',
    ]);
  });

  it('leaves out the gaps between ranges', () => {
    const ranges = [...ports(1, 2), ...ports(65_534, 65_535)];
    expect(leaseAll(open({ ports: ranges }))).toEqual(['0:1', '0:2', '0:65534', '0:65535']);
  });
});

describe('the order by when ports became free', () => {
  it('mru takes the one freed last, and an unused one only where there is no other', () => {
    const allocator = open({ order: 'mru' });
    leaseSome(allocator, 3);
    for (const [port, at] of [
      [20_001, 1],
      [20_000, 2],
      [20_002, 3],
    ] as const) {
      allocator.release(0, port, at);
    }
    expect(leaseSome(allocator, 4, 4)).toEqual([20_002, 20_000, 20_001, 20_003]);
  });

  it('lru takes the one freed longest ago, and unused ones before', () => {
    const allocator = open({ order: 'lru' });
    leaseSome(allocator, 3);
    for (const [port, at] of [
      [20_001, 1],
      [20_000, 2],
      [20_002, 3],
    ] as const) {
      allocator.release(0, port, at);
    }
    expect(leaseSome(allocator, 4, 4)).toEqual([20_003, 20_001, 20_000, 20_002]);
  });

  it('counts a port as freed when its rest and the hold of this machine are over', () => {
    const allocator = open({ order: 'lru', ports: ports(1, 2), reuseAfterUs: 10 });
    leaseSome(allocator, 2);
    allocator.release(0, 1, 0, 60);
    allocator.release(0, 2, 20);
    expect(leaseSome(allocator, 2, 60)).toEqual([2, 1]);
  });
});

describe('random order', () => {
  it('is the same for the same seed, and another for another', () => {
    const leases = (seed: number) => leaseAll(open({ order: 'random', ports: ports(1, 1_000), seed }));
    expect(leases(7)).toEqual(leases(7));
    expect(leases(7)).not.toEqual(leases(8));
  });

  it('takes each free port as often as any other', () => {
    const allocator = open({ order: 'random', ports: ports(1, 100) });
    const times = new Array<number>(101).fill(0);
    for (let lease = 0; lease < 100_000; lease += 1) {
      allocator.lease(lease);
      times[allocator.port]! += 1;
      allocator.release(0, allocator.port, lease);
    }
    // Chi-square with 99 degrees of freedom: above 149 once in a thousand; the seed is fixed.
    const chiSquare = times.slice(1).reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    expect(chiSquare).toBeLessThan(149);
  });
});

describe('an exact age', () => {
  it('is met again and again by the same ports, once there are enough of them', () => {
    const allocator = open({ ports: ports(1, 60_000), reuseExactlyUs: 1_000_000 });
    const late: number[] = [];
    const closing: { port: number; atUs: number }[] = [];
    // 100 connections a second for a minute, of 3 ms each.
    for (let nowUs = 0; nowUs < 60_000_000; nowUs += 10_000) {
      for (const { port, atUs } of closing.splice(0)) allocator.release(0, port, atUs);
      expect(allocator.lease(nowUs)).toBe(true);
      if (allocator.sameTupleAgeUs !== -1) late.push(allocator.sameTupleAgeUs - 1_000_000);
      closing.push({ port: allocator.port, atUs: nowUs + 3_000 });
    }
    // A second and 3 ms after its start a port is due, and leases come every 10 ms: each is 7 ms late, none more.
    expect(late).toEqual(new Array(5_899).fill(7_000));
  });

  it('is kept by the ports that come closest, where more are due than asked for', () => {
    const allocator = open({ ports: ports(1, 3), reuseExactlyUs: 100 });
    leaseSome(allocator, 2, 0);
    allocator.release(0, 1, 10);
    allocator.release(0, 2, 50);
    expect(leaseSome(allocator, 1, 155)).toEqual([2]);
    expect(allocator.sameTupleAgeUs).toBe(105);
  });

  it('leaves a port that was never used for when none is due, in the order asked for', () => {
    const unused = { ports: ports(1, 500), reuseExactlyUs: 100 };
    const upwards = leaseAll(open({ ...unused, order: 'lru' })).map((text) => Number(text.slice(2)));
    const shuffled = leaseAll(open({ ...unused, order: 'random' })).map((text) => Number(text.slice(2)));
    expect(upwards).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(shuffled).not.toEqual(upwards);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(upwards);
  });
});

describe('ages', () => {
  it('are told for the port at any address, and for this address and port', () => {
    const allocator = open({ sources: 2, ports: ports(1, 1) });
    allocator.lease(0);
    expect([allocator.samePortAgeUs, allocator.sameTupleAgeUs]).toEqual([-1, -1]);
    allocator.release(0, 1, 100);
    allocator.lease(130);
    expect([allocator.source, allocator.samePortAgeUs, allocator.sameTupleAgeUs]).toEqual([1, 30, -1]);
    allocator.release(1, 1, 200);
    allocator.lease(250);
    expect([allocator.source, allocator.samePortAgeUs, allocator.sameTupleAgeUs]).toEqual([0, 50, 150]);
  });

  it('stay what they were where the host refused the port: nothing has closed', () => {
    const allocator = open({ ports: ports(1, 1) });
    allocator.lease(0);
    allocator.release(0, 1, 100);
    allocator.lease(150);
    allocator.quarantine(0, 1, 400);
    expect(allocator.lease(399)).toBe(false);
    expect(allocator.nextFreeAtUs).toBe(400);
    expect(allocator.lease(400)).toBe(true);
    expect(allocator.sameTupleAgeUs).toBe(300);
  });
});

describe('where nothing is free', () => {
  it('says when something will be, and for ever where only a release can help', () => {
    const allocator = open({ ports: ports(1, 2), reuseAfterUs: 1_000 });
    leaseSome(allocator, 2);
    expect(allocator.lease(5)).toBe(false);
    expect(allocator.nextFreeAtUs).toBe(Number.POSITIVE_INFINITY);
    allocator.release(0, 2, 10);
    expect(allocator.lease(1_009)).toBe(false);
    expect(allocator.nextFreeAtUs).toBe(1_010);
    expect(allocator.lease(1_010)).toBe(true);
    expect(allocator.leased).toBe(2);
  });

  it('a quarantine until 0 gives a port back at once', () => {
    const allocator = open({ ports: ports(1, 1), reuseAfterUs: 1_000 });
    allocator.lease(5);
    allocator.quarantine(0, 1, 0);
    expect(allocator.nextFreeAtUs).toBe(0);
    expect(allocator.lease(5)).toBe(true);
  });

  it('a port whose host never lets go keeps no other from resting', () => {
    const allocator = open({ ports: ports(1, 2), reuseAfterUs: 10 });
    leaseSome(allocator, 2);
    allocator.quarantine(0, 1, Number.POSITIVE_INFINITY);
    allocator.release(0, 2, 20);
    expect(leaseAll(allocator, 30)).toEqual(['0:2']);
  });
});

describe('what is not leased cannot be given back', () => {
  it.each([
    ['a port never leased', 0, 20_002],
    ['a port of another shard', 0, 20_001],
    ['a port out of range', 0, 70_000],
    ['an address that there is not', 1, 20_000],
    ['an address below the first', -1, 20_000],
  ])('%s', (_, source, port) => {
    const allocator = open({}, { index: 0, count: 2 });
    allocator.lease(0);
    expect(() => allocator.release(source, port, 1)).toThrow(RangeError);
    expect(() => allocator.quarantine(source, port, 1)).toThrow(/is not leased/);
    expect(allocator.leased).toBe(1);
  });

  it('nor twice', () => {
    const allocator = open({});
    allocator.lease(0);
    allocator.release(0, 20_000, 1);
    expect(() => allocator.release(0, 20_000, 2)).toThrow('port 20000 of source address 0 is not leased');
  });
});

describe('steady leasing', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  it.each(PORT_ORDERS)('%s allocates nothing', (order) => {
    const allocator = open({ sources: 2, ports: ports(1, 5_000), order, reuseAfterUs: 20_000 });
    let nowUs = 0;
    const lease = (count: number) => {
      for (let index = 0; index < count; index += 1) {
        nowUs += 10;
        allocator.lease(nowUs);
        if (index % 50 === 0) allocator.quarantine(allocator.source, allocator.port, nowUs + 30_000);
        else allocator.release(allocator.source, allocator.port, nowUs, nowUs + (index % 3) * 9_000);
      }
    };
    const bytesPerLease = () => {
      collect();
      const before = process.memoryUsage();
      // Few enough that even 16 bytes each would not set off a collection, which would hide them.
      lease(50_000);
      const after = process.memoryUsage();
      return (after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers) / 50_000;
    };
    lease(200_000);
    // Code that is not compiled yet boxes its numbers, and the compiler's own work lands in some round or other: what a
    // lease allocates would be in every one.
    const rounds = Array.from({ length: 12 }, bytesPerLease);
    expect(Math.min(...rounds.map(Math.abs))).toBeLessThan(1);
  });
});
