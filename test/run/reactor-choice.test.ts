import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EnvironmentError, UsageError } from '../../src/errors.ts';
import { chooseReactor } from '../../src/run/reactor-choice.ts';

const probe = vi.hoisted(() => ({ why: undefined as string | undefined, asked: 0 }));
vi.mock('../../src/engine/raw/uring/probe.ts', () => ({
  whyNoUring() {
    probe.asked += 1;
    return probe.why;
  },
}));

describe('the reactor of a run', () => {
  beforeEach(() => {
    probe.asked = 0;
  });

  it('is io_uring where that is asked for and the kernel allows it', async () => {
    probe.why = undefined;
    expect(await chooseReactor('io_uring', 'raw')).toBe('io_uring');
  });

  it('is epoll otherwise, and the kernel is then not even asked', async () => {
    probe.why = undefined;
    for (const asked of [undefined, 'auto', 'epoll'] as const) {
      expect(await chooseReactor(asked, 'raw')).toBe('epoll');
    }
    expect(probe.asked).toBe(0);
  });

  it('cannot be forced on a kernel that forbids it: that says why, and what to do', async () => {
    probe.why = 'kernel.io_uring_disabled is 2';
    const refused = chooseReactor('io_uring', 'raw');
    await expect(refused).rejects.toThrow(EnvironmentError);
    await expect(refused).rejects.toMatchObject({
      message: 'io_uring cannot be used here: kernel.io_uring_disabled is 2.',
      hint: expect.stringContaining('--reactor epoll'),
    });
  });

  it('is nothing that the portable engine has, nor that can be asked of it', async () => {
    expect(await chooseReactor('auto', 'portable')).toBeUndefined();
    for (const asked of ['epoll', 'io_uring'] as const) {
      await expect(chooseReactor(asked, 'portable')).rejects.toThrow(UsageError);
    }
  });
});
