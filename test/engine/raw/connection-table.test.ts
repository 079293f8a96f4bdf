import { describe, expect, it } from 'vitest';
import { ConnectionTable, FREE, HANDSHAKE } from '../../../src/engine/raw/connection-table.ts';

describe('connection table', () => {
  it('hands out each slot once, and the one freed last first', () => {
    const table = new ConnectionTable(3);
    expect([table.take(), table.take(), table.take()].sort()).toEqual([0, 1, 2]);
    expect(table.open).toBe(3);
    table.free(0);
    table.free(2);
    expect([table.take(), table.take()]).toEqual([2, 0]);
  });

  it('refuses more than it was made for', () => {
    const table = new ConnectionTable(1);
    table.take();
    expect(() => table.take()).toThrow(RangeError);
  });

  it('gives a slot another generation when it is freed, round the end of 32 bits too', () => {
    const table = new ConnectionTable(1);
    const slot = table.take();
    table.generation[slot] = 0xffff_ffff;
    table.free(slot);
    expect(table.generation[slot]).toBe(0);
    expect(table.phase[slot]).toBe(FREE);
  });

  it('remembers nothing of the last connection', () => {
    const table = new ConnectionTable(1);
    const slot = table.take();
    table.establishedAtUs[slot] = 5;
    table.respondedAtUs[slot] = 5;
    table.lostErrno[slot] = 104;
    table.bytes[slot] = 9;
    table.sent[slot] = 9;
    table.free(slot);
    table.take();
    expect(table.phase[slot]).toBe(HANDSHAKE);
    expect([table.establishedAtUs[slot], table.respondedAtUs[slot]]).toEqual([-1, -1]);
    expect([table.lostErrno[slot], table.bytes[slot], table.sent[slot]]).toEqual([0, 0, 0]);
  });
});
