import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { locateBuilt } from '../src/places.ts';
import { suiteNeeding } from './support/suite-needing.ts';

const url = (file: string): string => JSON.stringify(pathToFileURL(locateBuilt(file)).href);

/** Ends a process while a thread of its pool waits for a writer that never comes. @returns its exit code; null: it did not end */
function leaveWhileReading(before: string): number | null {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-leave-'));
  try {
    const fifo = join(dir, 'fifo');
    spawnSync('mkfifo', [fifo]);
    const script = `
      import { readFile } from 'node:fs';
      import { leave } from ${url('leave.js')};
      import { isLibcAvailable, loadLibc } from ${url('net/load.js')};
      ${before};
      readFile(${JSON.stringify(fifo)}, () => undefined);
      setTimeout(() => leave(3, async () => isLibcAvailable()), 100);
    `;
    const argv = ['--input-type=module', '-e', script];
    return spawnSync(process.execPath, argv, { timeout: 20_000, killSignal: 'SIGKILL' }).status;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

suiteNeeding('a process that leaves', ['linux', 'npm:koffi'], () => {
  it.each([
    ['has bound the C library', 'loadLibc()'],
    ['has not bound it yet', ''],
  ])('does not wait for a read that never ends, where it %s', (_, before) => {
    expect(leaveWhileReading(before)).toBe(3);
  });
});
