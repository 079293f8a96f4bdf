import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { collectGarbageRegularly } from '../../src/worker/collect-garbage.ts';

const EVERY_MS = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Something that nobody holds any more: tells whether it has been collected. */
function forget(): () => boolean {
  const reference = new WeakRef({ large: new Float64Array(10) });
  return () => reference.deref() === undefined;
}

it("collects this thread's garbage as often as it is told until it is ended", async () => {
  let times = 0;
  const stop = collectGarbageRegularly(EVERY_MS, () => {
    times += 1;
  });
  const isGone = forget();
  // A weak reference holds what it points to until the turn in which it was made or read is over.
  await nextTurn();
  vi.advanceTimersByTime(EVERY_MS);
  await nextTurn();
  expect(isGone()).toBe(true);
  expect(times).toBe(1);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('collects a first time earlier where that is asked for, and then as often as before', () => {
  let times = 0;
  const count = (): void => {
    times += 1;
  };
  const stop = collectGarbageRegularly(EVERY_MS, count, 1_000);
  vi.advanceTimersByTime(1_000);
  expect(times).toBe(1);
  vi.advanceTimersByTime(EVERY_MS - 1);
  expect(times).toBe(1);
  vi.advanceTimersByTime(1);
  expect(times).toBe(2);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('leaves the collector out of everybody else’s reach', () => {
  collectGarbageRegularly(EVERY_MS)();
  expect(globalThis).not.toHaveProperty('gc');
});

it('is found by threads that look for it at the same time', async () => {
  vi.useRealTimers();
  const code = `import(${JSON.stringify(new URL('../../dist/worker/collect-garbage.js', import.meta.url).href)}).then(
    ({ collectGarbageRegularly }) => {
      const reference = new WeakRef({});
      const wait = setInterval(() => undefined, ${EVERY_MS});
      const stop = collectGarbageRegularly(1, () => setImmediate(() => {
        stop();
        clearInterval(wait);
        process.exitCode = reference.deref() === undefined ? 7 : 1;
      }));
    })`;
  const workers = Array.from({ length: 4 }, () => new Worker(code, { eval: true }));
  const exits = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  expect(exits).toEqual([[7], [7], [7], [7]]);
});
