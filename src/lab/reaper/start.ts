import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { programLine, spawnRecorded } from '../launch.ts';
import { killProcesses } from '../process-id.ts';
import type { StateFile } from '../state.ts';

/**
 * Waits until its standard input ends, which happens only when its writer dies, then becomes the program that removes
 * the lab. A shell, because it is cheap; in its own session, ignoring the signals sent to whole process groups.
 */
const WAIT = 'trap "" INT TERM HUP QUIT; while read -r _; do :; done; exec "$@"';

const ROLE = 'reaper';

/**
 * Ensures that the lab's processes and namespaces are removed if this process dies, even by kill -9. Removing the lab
 * ends it like any other process of the lab.
 * @returns a function that dismisses it, so that the lab outlives this process
 */
export function startReaper(file: StateFile, stateDir: string): () => Promise<void> {
  const log = openSync(join(file.logDir, `${ROLE}.log`), 'a', 0o600);
  const reap = programLine('reaper', stateDir, file.state.id);
  const child = spawnRecorded(file, ROLE, ['sh', '-c', WAIT, 'sh', ...reap], {
    detached: true,
    stdio: ['pipe', log, log, 'pipe'],
  });
  closeSync(log);
  child.stdin?.on('error', () => {});
  child.unref();
  return async () => {
    const { processes } = file.state;
    await killProcesses(processes.filter(({ role }) => role === ROLE));
    file.change({ processes: processes.filter(({ role }) => role !== ROLE) });
  };
}
