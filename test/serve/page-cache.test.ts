import { describe, expect, it } from 'vitest';
import { PageCache } from '../../src/serve/page-cache.ts';

describe('the cache of pages', () => {
  it('builds a page once for all who ask meanwhile, and keeps it', async () => {
    const cache = new PageCache();
    let built = 0;
    const build = async () => {
      built += 1;
      return `page ${built}`;
    };
    const pages = await Promise.all(Array.from({ length: 50 }, () => cache.get('a', build)));
    expect(new Set(pages.map(String))).toEqual(new Set(['page 1']));
    expect(String(await cache.get('a', build))).toBe('page 1');
    expect(String(await cache.get('a, changed', build))).toBe('page 2');
  });

  it('builds one at a time, and refuses what would wait behind eight', async () => {
    const cache = new PageCache();
    let underWay = 0;
    let most = 0;
    const build = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return 'page';
    };
    const asked = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => cache.get(String(index), build)),
    );
    expect(most).toBe(1);
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
    const refused = asked.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } });
    expect(String(await cache.get('later', build))).toBe('page');
  });

  it('drops the ones not used for longest, by number and by size', async () => {
    const cache = new PageCache({ entries: 3, bytes: 1_000 });
    const build = (length: number) => async () => 'x'.repeat(length);
    for (const key of ['a', 'b', 'c']) await cache.get(key, build(10));
    await cache.get('a', build(11));
    await cache.get('d', build(10));
    expect(cache.size).toEqual({ entries: 3, bytes: 30 });
    let anew = 0;
    const count = async () => {
      anew += 1;
      return 'x';
    };
    await cache.get('a', count);
    expect(anew).toBe(0);
    await cache.get('b', count);
    expect(anew).toBe(1);
    await cache.get('large', build(1_000));
    expect(cache.size).toEqual({ entries: 1, bytes: 1_000 });
    await cache.get('larger', build(2_000));
    expect(cache.size).toEqual({ entries: 0, bytes: 0 });
  });

  it('forgets a page that could not be built', async () => {
    const cache = new PageCache();
    await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(String(await cache.get('a', async () => 'yes'))).toBe('yes');
  });
});
