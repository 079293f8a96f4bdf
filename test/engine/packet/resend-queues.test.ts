import { expect, it } from 'vitest';
import { ResendQueues } from '../../../src/engine/packet/resend-queues.ts';

function expire(queues: ResendQueues, nowUs: number): [slot: number, dueUs: number][] {
  const due: [number, number][] = [];
  queues.expire(nowUs, (slot, dueUs) => due.push([slot, dueUs]));
  return due;
}

it('brings up what is due, each with the time that was promised, and knows when the next is', () => {
  const queues = new ResendQueues();
  expect(queues.soonestUs).toBe(Number.POSITIVE_INFINITY);
  const first = queues.add(7, 1_000, 0);
  const second = queues.add(8, 3_000, 0);
  const third = queues.add(9, 1_000, 500);
  expect([first, second, third, queues.soonestUs]).toEqual([1_000, 3_000, 1_500, 1_000]);
  expect(expire(queues, 999)).toEqual([]);
  expect(expire(queues, 1_200)).toEqual([[7, 1_000]]);
  expect(queues.soonestUs).toBe(1_500);
  expect(expire(queues, 5_000)).toEqual([
    [9, 1_500],
    [8, 3_000],
  ]);
  expect(queues.soonestUs).toBe(Number.POSITIVE_INFINITY);
});

it('keeps the order of any number, also where it has to widen in the middle of a round', () => {
  const queues = new ResendQueues();
  const brought: number[] = [];
  for (let at = 0; at < 20_000; at += 1) {
    queues.add(at, 1_000, at);
    if (at % 3 === 0) queues.expire(at - 2_000, (slot) => brought.push(slot));
    if (at === 5_000) queues.expire(4_500 + 1_000, (slot) => brought.push(slot));
  }
  queues.expire(100_000, (slot) => brought.push(slot));
  expect(brought).toEqual(Array.from({ length: 20_000 }, (_, slot) => slot));
});

it('may be added to while it brings up', () => {
  const queues = new ResendQueues();
  queues.add(1, 1_000, 0);
  let times = 0;
  queues.expire(1_000, (slot) => {
    times += 1;
    queues.add(slot, 1_000, 1_000);
  });
  expect([times, queues.soonestUs]).toEqual([1, 2_000]);
});
