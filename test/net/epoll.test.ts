import { constants } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { Arena, type Region } from '../../src/net/arena.ts';
import { EPOLL_CLOEXEC } from '../../src/net/constants.ts';
import { createWaitForEvents } from '../../src/net/epoll.ts';
import { type Libc, loadLibc } from '../../src/net/load.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const { errno } = constants;

interface Waiting {
  readonly epollFd: number;
  readonly events: Region;
  readonly timespec: Region;
}

function prepareWait(): Waiting {
  const libc = loadLibc();
  const epollFd = libc.epollCreate(EPOLL_CLOEXEC);
  const arena = new Arena(libc, 4_096);
  onTestFinished(() => {
    libc.close(epollFd);
    arena.release();
  });
  return { epollFd, events: arena.take(64), timespec: arena.take(16) };
}

/** A C library whose epoll_pwait2 fails as an older kernel or a container's filter makes it fail. */
function failingWith(code: number): { libc: Libc; calls: { pwait2: number; waitMs: number[] } } {
  const calls = { pwait2: 0, waitMs: [] as number[] };
  const libc: Libc = {
    ...loadLibc(),
    epollPwait2: () => {
      calls.pwait2 += 1;
      return -1;
    },
    epollWait: (_fd, _events, _max, timeoutMs) => {
      calls.waitMs.push(timeoutMs);
      return 0;
    },
    errno: () => code,
  };
  return { libc, calls };
}

suiteNeeding('waiting for events', ['linux'], () => {
  it('waits as long as it is told to the microsecond, and no less', () => {
    const { epollFd, events, timespec } = prepareWait();
    const wait = createWaitForEvents(loadLibc(), timespec);
    const before = performance.now();
    expect(wait(epollFd, events, 4, 2_500)).toBe(0);
    // Both clocks round: a few microseconds either way are theirs.
    expect(performance.now() - before).toBeGreaterThan(2.49);
    expect([...timespec.words]).toEqual([0, 0, 2_500_000, 0]);
  });

  it('splits longer waits into seconds and nanoseconds', () => {
    const { timespec, events } = prepareWait();
    const { libc } = failingWith(errno.EBADF);
    createWaitForEvents(libc, timespec)(-1, events, 4, 3_000_001.5);
    expect([...timespec.words]).toEqual([3, 0, 1_500, 0]);
  });

  it.each([
    ['an older kernel', errno.ENOSYS],
    ["a container's filter", errno.EPERM],
  ])('falls back to whole milliseconds under %s, for good', (_where, code) => {
    const { epollFd, events, timespec } = prepareWait();
    const { libc, calls } = failingWith(code);
    const wait = createWaitForEvents(libc, timespec);
    wait(epollFd, events, 4, 2_900);
    wait(epollFd, events, 4, 900);
    expect(calls).toEqual({ pwait2: 1, waitMs: [2, 0] });
  });

  it('answers the errno of any other failure', () => {
    const { events, timespec } = prepareWait();
    expect(createWaitForEvents(loadLibc(), timespec)(-1, events, 4, 0)).toBe(-errno.EBADF);
  });
});
