import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineLists } from '../../../src/engine/raw/deadline-lists.ts';

function takeAll(lists: DeadlineLists, nowUs: number): number[] {
  const taken: number[] = [];
  for (let slot = lists.takeExpired(nowUs); slot >= 0; slot = lists.takeExpired(nowUs)) taken.push(slot);
  return taken;
}

describe('deadline lists', () => {
  it('give up a slot when its time has come, not before, and once', () => {
    const lists = new DeadlineLists(2, [100]);
    lists.set(1, 0, 5);
    expect(lists.takeExpired(104)).toBe(-1);
    expect(lists.takeExpired(105)).toBe(1);
    expect(lists.takeExpired(1_000)).toBe(-1);
  });

  it('keep one deadline a slot: a later one replaces the earlier, in another list too', () => {
    const lists = new DeadlineLists(2, [100, 1_000]);
    lists.set(0, 0, 0);
    lists.set(0, 1, 50);
    expect(lists.soonestUs()).toBe(1_050);
    expect(takeAll(lists, 1_049)).toEqual([]);
    expect(takeAll(lists, 1_050)).toEqual([0]);
  });

  it('know that nothing is due when nothing is set', () => {
    const lists = new DeadlineLists(2, [100]);
    lists.set(0, 0, 0);
    lists.clear(0);
    lists.clear(1);
    expect(lists.soonestUs()).toBe(Number.POSITIVE_INFINITY);
    expect(lists.takeExpired(Number.MAX_SAFE_INTEGER)).toBe(-1);
  });

  it('agree with a plain table of deadlines, whatever is done', () => {
    const SLOTS = 6;
    const durations = [10, 70, 300];
    const step = fc.record({
      slot: fc.nat(SLOTS - 1),
      list: fc.nat(durations.length),
      afterUs: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lists = new DeadlineLists(SLOTS, durations);
        const model = new Map<number, number>();
        let nowUs = 0;
        for (const { slot, list, afterUs } of steps) {
          nowUs += afterUs;
          const due = [...model].filter(([, at]) => at <= nowUs).map(([one]) => one);
          expect(takeAll(lists, nowUs).sort()).toEqual(due.sort());
          for (const one of due) model.delete(one);
          const duration = durations[list];
          if (duration === undefined) {
            lists.clear(slot);
            model.delete(slot);
          } else {
            lists.set(slot, list, nowUs);
            model.set(slot, nowUs + duration);
          }
          expect(lists.soonestUs()).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.values()));
        }
      }),
    );
  });
});
