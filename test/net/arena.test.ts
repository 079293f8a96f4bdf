import { expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { Arena } from '../../src/net/arena.ts';
import { isLibcAvailable, loadLibc } from '../../src/net/load.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

suiteNeeding('memory for the kernel', ['linux'], () => {
  it('hands out zeroed pieces, apart and aligned to 8 bytes', () => {
    const arena = new Arena(loadLibc(), 4_096);
    const first = arena.take(5);
    const second = arena.take(12);
    expect(second.address).toBe(first.address + 8);
    expect([...second.bytes]).toEqual(Array(12).fill(0));
    first.bytes.fill(0xff);
    expect([...second.bytes]).toEqual(Array(12).fill(0));
    second.words[1] = -1;
    expect([...second.bytes.subarray(4, 8)]).toEqual([255, 255, 255, 255]);
    arena.release();
  });

  it('lies below 2^31, where V8 passes an address without putting it on the heap', () => {
    const arenas = [4_096, 1_000_000, 4_096].map((length) => new Arena(loadLibc(), length));
    for (const arena of arenas) expect(arena.take(8).address).toBeLessThan(2 ** 31);
    for (const arena of arenas) arena.release();
  });

  it('refuses more than it has', () => {
    const arena = new Arena(loadLibc(), 4_096);
    arena.take(4_090);
    expect(() => arena.take(1)).toThrow(RangeError);
    arena.release();
  });

  it('says so where the system has no such memory', () => {
    expect(() => new Arena(loadLibc(), 2 ** 52)).toThrow(EnvironmentError);
  });

  it('is the memory that the kernel sees', () => {
    const libc = loadLibc();
    const arena = new Arena(libc, 4_096);
    const name = arena.take(16);
    /** prctl(2): the calling thread's name, 16 bytes. */
    const PR_GET_NAME = 16;
    expect(libc.prctl(PR_GET_NAME, name.address)).toBe(0);
    expect(name.bytes.indexOf(0)).toBeGreaterThan(0);
    arena.release();
  });

  it('tells that the C library is there', () => {
    expect(isLibcAvailable()).toBe(true);
  });
});
