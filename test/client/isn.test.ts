import { describe, expect, it } from 'vitest';
import { halfSipHash, readKey } from '../../src/client/half-sip-hash.ts';
import { createIsnGenerator } from '../../src/client/isn.ts';
import { createTimestampClock } from '../../src/client/timestamp-clock.ts';
import { ISN_POLICIES, type IsnPolicy } from '../../src/client/types.ts';

const SECRET = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);
const ADDRESS = { local: Uint8Array.of(192, 0, 2, 1), remote: Uint8Array.of(198, 51, 100, 1) };
const IPV6 = (last: number) => Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);

/** Numbers as they stand in packets, of one generator. */
function isnOf(
  policy: IsnPolicy,
  { stepNs, secret = SECRET }: { stepNs?: number; secret?: Uint8Array } = {},
) {
  const isn = createIsnGenerator(policy, secret, stepNs);
  return (
    timeUs: number,
    localPort = 50_000,
    local = ADDRESS.local,
    remote = ADDRESS.remote,
    remotePort = 443,
  ): number => isn.next(isn.addressWord(local), isn.addressWord(remote), localPort, remotePort, timeUs) >>> 0;
}

/** How far the second is ahead, by sequence arithmetic (RFC 9293 section 3.4): below 0 it is older. */
const ahead = (first: number, second: number): number => (second - first) | 0;

describe('HalfSipHash-1-3', () => {
  it('agrees with the test vectors of Linux (lib/tests/siphash_kunit.c, hsiphash on 32 bits)', () => {
    const key = readKey(SECRET);
    const words = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;
    const hashes = [1, 2, 3, 4].map((count) => halfSipHash(key, count, ...words) >>> 0);
    expect(hashes).toEqual([0x7e059ea6, 0x577999b1, 0x6b28096c, 0x8b31d501]);
  });
});

describe('an initial sequence number by RFC 6528', () => {
  it('rises with the clock for a tuple that is used again, by a step every 4 us', () => {
    const isn = isnOf('rfc6528');
    expect(ahead(isn(1_000), isn(1_003.9))).toBe(0);
    expect(ahead(isn(1_000), isn(1_004))).toBe(1);
    expect(ahead(isn(0), isn(60_000_000))).toBe(15_000_000);
    // A month after the machine started, and past every place where 32 bits run over.
    expect(ahead(isn(2.6e12), isn(2.6e12 + 1_000_000))).toBe(250_000);
  });

  it('has the clock of the system that it imitates', () => {
    const linux = isnOf('rfc6528', { stepNs: 64 });
    expect(ahead(linux(5e9), linux(5e9 + 1_000))).toBe(15_625);
    const xnu = isnOf('rfc6528', { stepNs: 128 });
    expect(ahead(xnu(0), xnu(1_000))).toBe(7_812);
  });

  it('is ahead for one in two of other tuples, whatever part of them differs', () => {
    const isn = isnOf('rfc6528');
    const first = isn(0);
    const shares = {
      localPort: shareAhead((index) => isn(1_000_000, 20_000 + index)),
      remotePort: shareAhead((index) => isn(1_000_000, 50_000, ADDRESS.local, ADDRESS.remote, 1 + index)),
      local: shareAhead((index) => isn(1_000_000, 50_000, Uint8Array.of(10, 0, index >> 8, index & 255))),
      remote: shareAhead((index) =>
        isn(1_000_000, 50_000, ADDRESS.local, Uint8Array.of(10, 0, index >> 8, index & 255)),
      ),
    };
    // 4,000 throws of a coin: five standard deviations are 0.04.
    for (const [part, share] of Object.entries(shares)) {
      expect([part, share > 0.46 && share < 0.54]).toEqual([part, true]);
    }

    function shareAhead(of: (index: number) => number): number {
      const count = 4_000;
      let found = 0;
      for (let index = 0; index < count; index += 1) if (ahead(first, of(index)) > 0) found += 1;
      return found / count;
    }
  });

  it('tells both directions, both secrets and IPv6 addresses apart', () => {
    const isn = isnOf('rfc6528');
    const there = isn(0, 1_000, ADDRESS.local, ADDRESS.remote, 2_000);
    expect(isn(0, 2_000, ADDRESS.remote, ADDRESS.local, 1_000)).not.toBe(there);
    expect(isnOf('rfc6528', { secret: Uint8Array.of(1, 1, 2, 3, 4, 5, 6, 7) })(0)).not.toBe(isn(0));
    expect(isn(0, 1_000, IPV6(1), IPV6(3))).not.toBe(isn(0, 1_000, IPV6(2), IPV6(3)));
    expect(isn(0, 1_000, IPV6(1), IPV6(3))).toBe(isn(0, 1_000, IPV6(1), IPV6(3)));
  });
});

describe('the other policies', () => {
  it('clock: one for all tuples, a step a microsecond', () => {
    const isn = isnOf('clock');
    expect(isn(7_000.8)).toBe(7_000);
    expect(isn(7_000, 1)).toBe(7_000);
    expect(isn(2 ** 32 + 5)).toBe(5);
  });

  it('repeat: the same for a tuple at any time, another for each tuple', () => {
    const isn = isnOf('repeat');
    expect(isn(5e9)).toBe(isn(0));
    expect(new Set(Array.from({ length: 1_000 }, (_, index) => isn(0, 1_000 + index))).size).toBe(1_000);
  });

  it('random: spread over all 32 bits, and ahead of the last one in every second case', () => {
    const isn = isnOf('random');
    const numbers = Array.from({ length: 4_000 }, () => isn(0));
    const eighths = new Set(numbers.map((number) => number >>> 29));
    expect(eighths.size).toBe(8);
    const rises = numbers.filter(
      (number, index) => index > 0 && ahead(numbers[index - 1]!, number) > 0,
    ).length;
    expect(rises / numbers.length).toBeGreaterThan(0.45);
    expect(rises / numbers.length).toBeLessThan(0.55);
  });

  it('all of them give signed 32-bit integers, which need no allocation', () => {
    for (const policy of ISN_POLICIES) {
      const isn = createIsnGenerator(policy, SECRET);
      for (let time = 0; time < 2 ** 33; time += 2 ** 28 + 12_345.6) {
        const number = isn.next(1, 2, 3, 4, time);
        expect(number).toBe(number | 0);
      }
    }
  });
});

describe('the clock of timestamps', () => {
  it('starts elsewhere for each tuple, pair of hosts, or nowhere else', () => {
    const starts = (timestampStart: 'tuple' | 'hosts' | 'boot') => {
      const clock = createTimestampClock({ timestampHz: 1_000, timestampStart }, SECRET);
      return [clock.startOf(1, 2, 1_000, 80), clock.startOf(1, 2, 1_001, 80), clock.startOf(3, 2, 1_000, 80)];
    };
    expect(new Set(starts('tuple')).size).toBe(3);
    const [one, sameHosts, others] = starts('hosts');
    expect(sameHosts).toBe(one);
    expect(others).not.toBe(one);
    expect(starts('boot')).toEqual([0, 0, 0]);
  });

  it('has its steps', () => {
    const clock = createTimestampClock({ timestampHz: 1_000, timestampStart: 'boot' }, SECRET);
    expect(clock.ticks(2_500_999)).toBe(2_500);
  });
});
