import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InterruptedBeforeStart, watchSignals } from '../../src/cli/stopping.ts';
import { createFakeHost } from './fake-host.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watch() {
  const host = createFakeHost();
  const said: string[] = [];
  const stopping = watchSignals(host, (line) => said.push(line));
  let end = 'waits';
  stopping.impatient.catch((error) => {
    end = error instanceof InterruptedBeforeStart ? 'gave up' : String(error);
  });
  return { host, stopping, said, state: () => new Promise(setImmediate).then(() => end) };
}

describe('a signal before there is a run', () => {
  it('lets the start come to its next step, and gives it up where that hangs', async () => {
    const { host, state } = watch();
    host.signal('SIGTERM');
    vi.advanceTimersByTime(9_999);
    expect(await state()).toBe('waits');
    vi.advanceTimersByTime(1);
    expect(await state()).toBe('gave up');
  });

  it('gives it up at once where a second one comes', async () => {
    const { host, state } = watch();
    host.signal('SIGINT');
    host.signal('SIGINT');
    expect(await state()).toBe('gave up');
  });

  it('reaches a run that has begun meanwhile, however long that takes', async () => {
    const { host, stopping, state } = watch();
    host.signal('SIGTERM');
    const stops: string[] = [];
    stopping.attach({ stop: (how) => void stops.push(how) });
    vi.advanceTimersByTime(60_000);
    expect([stops, await state()]).toEqual([['drain'], 'waits']);
  });
});
