import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/engine/browser/connection.ts';
import { HostPool } from '../../../src/engine/browser/host-pool.ts';

/** Plain HTTP/1.1, as far as a pool looks at it. */
const connection = () => ({ isMultiplexed: false, isReady: false }) as unknown as Connection;

/** A pool to which so many connections are being opened. */
function opening(count: number) {
  const pool = new HostPool(0, 6);
  const all = Array.from({ length: count }, () => connection());
  for (const one of all) pool.add(one, undefined);
  return { pool, all };
}

describe('a connection beside a slow handshake', () => {
  it('is opened once beside the first to a host', () => {
    const { pool } = opening(2);
    expect([pool.takeBackup(), pool.takeBackup()]).toEqual([true, false]);
  });

  it('is opened though another that was begun with the first is established', () => {
    const { pool, all } = opening(2);
    pool.establish(all[1]!);
    expect(pool.takeBackup()).toBe(true);
  });

  it('is not opened beside one that was begun after all others were established', () => {
    const { pool, all } = opening(2);
    for (const one of all) pool.establish(one);
    pool.add(connection(), undefined);
    expect(pool.takeBackup()).toBe(false);
  });

  it('is opened again once there was no connection left', () => {
    const { pool, all } = opening(1);
    pool.takeBackup();
    pool.remove(all[0]!, false);
    pool.add(connection(), undefined);
    expect(pool.takeBackup()).toBe(true);
  });
});
