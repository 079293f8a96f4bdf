import { execFile } from 'node:child_process';
import { mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SmallDisk {
  readonly dir: string;
  /** Takes so many KiB away, until {@link makeRoom}. */
  fill(kib: number): Promise<void>;
  makeRoom(): Promise<void>;
}

/** A file system of so many KiB, unmounted and removed whatever happens. Needs root. */
export async function withSmallDisk<T>(kib: number, use: (disk: SmallDisk) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-small-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', dir]);
    try {
      const ballast = join(dir, 'ballast');
      return await use({
        dir,
        fill: (size) => writeFile(ballast, Buffer.alloc(size * 1_024)),
        makeRoom: () => rm(ballast),
      });
    } finally {
      // Lazily: a file that a failed test left open must not keep it mounted.
      await run('umount', ['--lazy', dir]);
    }
  } finally {
    await rmdir(dir);
  }
}
