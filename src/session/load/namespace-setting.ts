import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

/**
 * Waits until its standard input ends, by a close or by its writer's death, and writes the setting back. A shell, as it
 * costs little; deaf to the signals that a terminal sends to everybody.
 */
const WATCHER = 'trap "" INT TERM HUP QUIT; while read -r _; do :; done; printf %s "$2" > "$1"';

/**
 * Changes a setting of this network namespace for as long as this process lives. What puts it back is a process of its own,
 * which does so however this one ends, by kill -9 too.
 * @param path below /proc/sys
 * @returns what puts the setting back and waits until it is
 * @throws Error of the system where it cannot be written; nothing is changed then
 */
export async function changeSetting(
  path: string,
  before: string,
  wanted: string,
): Promise<() => Promise<void>> {
  const watcher = await startWatcher(path, before);
  const restore = async (): Promise<void> => {
    // Nothing else may keep this process alive until then.
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
    // A group of its own: what ends this program's group must not end what cleans up after it.
    detached: true,
  });
  // Its death while this program lives shows as a broken pipe; the setting is then put back already.
  watcher.stdin?.on('error', () => undefined);
  await once(watcher, 'spawn');
  watcher.unref();
  return watcher;
}
