import { constants } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { explainRefusal } from '../../../../src/engine/raw/uring/probe.ts';
import { RingError } from '../../../../src/engine/raw/uring/ring-error.ts';

const { errno } = constants;
const sysctl = vi.hoisted(() => ({ value: undefined as string | undefined }));
vi.mock('node:fs', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  readFileSync() {
    if (sysctl.value === undefined) throw new Error('ENOENT');
    return sysctl.value;
  },
}));

describe('why there is no io_uring', () => {
  afterEach(() => {
    sysctl.value = undefined;
  });

  it.each([
    [errno.ENOSYS, 'the kernel has no io_uring, or one that is too old'],
    [errno.EINVAL, 'the kernel is older than 6.1'],
    [errno.ENOMEM, 'the memory that may be locked is used up (ulimit -l), or all memory is'],
    [errno.EMFILE, 'there is no descriptor left (ulimit -n)'],
    [errno.EIO, 'io_uring_setup failed (errno 5)'],
  ])('is told from errno %i: %s', (code, why) => {
    expect(explainRefusal(new RingError('io_uring_setup', code))).toBe(why);
  });

  it.each(['1\n', '2\n'])('is the setting that forbids it, where it is %j', (value) => {
    sysctl.value = value;
    const why = explainRefusal(new RingError('io_uring_setup', errno.EPERM));
    expect(why).toBe(`kernel.io_uring_disabled is ${value.trim()}`);
  });

  it.each(['0\n', undefined])('is a filter, where the setting is %j', (value) => {
    sysctl.value = value;
    expect(explainRefusal(new RingError('io_uring_setup', errno.EPERM))).toContain('seccomp');
  });
});
