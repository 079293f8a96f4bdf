import { afterEach, describe, expect, it, vi } from 'vitest';
import { EnvironmentError, EXIT } from '../../src/errors.ts';

const { platform } = process;

afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
});

describe('the C library elsewhere than on Linux', () => {
  it('is refused with what to do instead', async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    vi.resetModules();
    const { loadLibc } = await import('../../src/net/load.ts');
    const error = catchError(loadLibc);
    // Not instanceof: the module was loaded anew, and errors.ts with it.
    expect(error).toMatchObject({ name: EnvironmentError.name, exitCode: EXIT.environment });
    expect(error).toMatchObject({ message: expect.stringContaining('darwin') });
    expect(error).toMatchObject({ hint: expect.stringContaining('--engine portable') });
  });

  it('is known to be missing', async () => {
    Object.defineProperty(process, 'platform', { value: 'win32' });
    vi.resetModules();
    const { isLibcAvailable } = await import('../../src/net/load.ts');
    expect(isLibcAvailable()).toBe(false);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
