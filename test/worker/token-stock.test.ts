import { describe, expect, it } from 'vitest';
import { TokenStock } from '../../src/worker/token-stock.ts';

function stockOf(wanted: number) {
  const clock = { ms: 1_000_000 };
  const asked: number[] = [];
  const stock = new TokenStock({ wanted, ask: (count) => asked.push(count), now: () => clock.ms });
  const fill = (count: number, from = 0): void =>
    stock.add(
      Array.from({ length: count }, (_, index) => `Negotiate ${from + index}`),
      clock.ms,
    );
  return { stock, asked, clock, fill };
}

describe('a stock of tokens', () => {
  it('asks for all that it wants at first, and for no more while that is on its way', () => {
    const { stock, asked } = stockOf(40);
    stock.refresh();
    stock.refresh();
    expect(asked).toEqual([40]);
  });

  it('gives each token once, the oldest first', () => {
    const { stock, fill } = stockOf(3);
    fill(3);
    expect([1, 2, 3, 4].map((attempt) => stock.take(attempt))).toEqual([
      'Negotiate 0',
      'Negotiate 1',
      'Negotiate 2',
      undefined,
    ]);
  });

  it('never gives one twice over thousands of takes and refills', () => {
    const { stock, fill } = stockOf(500);
    const given = new Set<string | undefined>();
    for (let round = 0; round < 20; round += 1) {
      fill(250, round * 250);
      for (let attempt = 0; attempt < 250; attempt += 1) given.add(stock.take(attempt));
    }
    expect(given.size).toBe(5_000);
    expect(given.has(undefined)).toBe(false);
  });

  it('asks for more once a quarter is gone, not for each', () => {
    const { stock, asked, fill } = stockOf(40);
    stock.refresh();
    fill(40);
    for (let attempt = 0; attempt < 9; attempt += 1) stock.take(attempt);
    expect(asked).toEqual([40]);
    stock.take(9);
    expect(asked).toEqual([40, 10]);
  });

  it('drops what is older than a minute, counts it, and then keeps fewer', () => {
    const { stock, asked, clock, fill } = stockOf(40);
    stock.refresh();
    fill(40);
    clock.ms += 60_000;
    expect(stock.hasAny()).toBe(true);
    clock.ms += 1;
    expect(stock.hasAny()).toBe(false);
    expect(asked).toEqual([40, 20]);
    expect(stock.takeDiscarded()).toBe(40);
    expect(stock.takeDiscarded()).toBe(0);
    expect(stock.take(1)).toBeUndefined();
  });

  it('keeps twice as many once it has run dry', () => {
    const { stock, asked, fill } = stockOf(4);
    stock.refresh();
    expect(stock.hasAny()).toBe(false);
    fill(4);
    expect(asked).toEqual([4, 4]);
    stock.add([], 0);
    expect(asked).toEqual([4, 4]);
  });

  it('keeps what is promised for whom it is promised', () => {
    const { stock, fill } = stockOf(2);
    fill(2);
    stock.promise(7);
    stock.promise(8);
    expect(stock.hasAny()).toBe(false);
    expect(stock.take(9)).toBeUndefined();
    expect(stock.take(7)).toBe('Negotiate 0');
    stock.release(8);
    expect(stock.hasAny()).toBe(true);
    expect(stock.take(9)).toBe('Negotiate 1');
  });
});
