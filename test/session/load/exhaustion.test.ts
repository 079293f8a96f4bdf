import { describe, expect, it } from 'vitest';
import { reportError } from '../../../src/cli/output/report-error.ts';
import { workerFault } from '../../../src/session/loss.ts';
import { createFakeHost } from '../../cli/fake-host.ts';

const errorOf = (code: string, syscall: string, message: string) =>
  Object.assign(new Error(message), { code, syscall });

describe('what the machine has run out of', () => {
  it.each([
    ['EMFILE', 'open', 'ulimit -n'],
    ['ENFILE', 'open', 'fs.file-max'],
    ['EAGAIN', 'spawn', 'ulimit -u'],
    ['ENOMEM', 'spawn', 'ulimit -v'],
    ['ERR_WORKER_INIT_FAILED', '', 'ulimit -u'],
    ['ERR_WORKER_OUT_OF_MEMORY', '', '--workers'],
  ])('%s is no fault of rushhour', (code, syscall, remedy) => {
    const host = createFakeHost();
    expect(reportError(errorOf(code, syscall, `${code}: it failed`), host)).toBe(5);
    expect(host.stderr.text).toMatch(/^rushhour: [^\n]*\n {2}[^\n]*\n$/);
    expect(host.stderr.text).toContain(`(${code}: it failed)`);
    expect(host.stderr.text).toContain(remedy);
    expect(workerFault(errorOf(code, syscall, 'x'), 'results/1')).toMatchObject({
      exitCode: 5,
      hint: expect.stringContaining('everything recorded until then is in results/1'),
    });
  });

  it.each([
    errorOf('EAGAIN', 'read', 'EAGAIN'),
    errorOf('ENOENT', 'open', 'x'),
    new Error('EMFILE'),
    'EMFILE',
    null,
  ])('%s says nothing of it', (error) => {
    expect(reportError(error, createFakeHost())).toBe(1);
  });
});
