import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { destroyWhenIdle } from '../../../src/evidence/peer/destroy-when-idle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch() {
  const socket = new PassThrough();
  const state = { socket, passed: 0 };
  destroyWhenIdle(socket, () => state.passed);
  return state;
}

it('waits for a connection on which bytes still pass, however slowly, for a good minute', () => {
  const state = watch();
  for (let sec = 0; sec < 65; sec += 1) {
    state.passed += 1;
    vi.advanceTimersByTime(1_000);
  }
  expect(state.socket.destroyed).toBe(false);
  for (let sec = 0; sec < 10; sec += 1) {
    state.passed += 1;
    vi.advanceTimersByTime(1_000);
  }
  expect(state.socket.destroyed).toBe(true);
});

it('ends one on which nothing passes', () => {
  const { socket } = watch();
  vi.advanceTimersByTime(6_000);
  expect(socket.destroyed).toBe(true);
});
