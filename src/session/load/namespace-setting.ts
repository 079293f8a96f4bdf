import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

/**
 * Waits until its standard input ends, because it was closed or its writer died, and writes the setting back. A shell,
 * because it is cheap; it ignores the signals that a terminal sends to every process of its group.
 */
const WATCHER = 'trap "" INT TERM HUP QUIT; while read -r _; do :; done; printf %s "$2" > "$1"';

/**
 * Changes a setting of this network namespace for the lifetime of this process. A separate process restores it, however
 * this one ends, including by kill -9.
 * @param path below /proc/sys
 * @returns a function that restores the setting and waits until it is restored
 * @throws Error of the system if it cannot be written; nothing is changed then
 */
export async function changeSetting(
  path: string,
  before: string,
  wanted: string,
): Promise<() => Promise<void>> {
  const watcher = await startWatcher(path, before);
  const restore = async (): Promise<void> => {
    // From here on, nothing of it may keep this process alive.
    watcher.ref();
    const ended = watcher.exitCode === null ? once(watcher, 'exit') : undefined;
    watcher.stdin?.end();
    await ended;
  };
  try {
    writeFileSync(path, wanted);
  } catch (cause) {
    await restore();
    throw cause;
  }
  return restore;
}

async function startWatcher(path: string, before: string): Promise<ChildProcess> {
  const watcher = spawn('/bin/sh', ['-c', WATCHER, 'rushhour-restore', path, before], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A process group of its own: what ends this program's group must not end the process that cleans up after it.
    detached: true,
  });
  // If it dies while this program runs, the pipe breaks; the setting has been restored by then.
  watcher.stdin?.on('error', () => undefined);
  await once(watcher, 'spawn');
  watcher.unref();
  return watcher;
}
