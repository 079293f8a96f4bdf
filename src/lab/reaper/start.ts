import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { programLine, spawnRecorded } from '../launch.ts';
import { killProcesses } from '../process-id.ts';
import type { StateFile } from '../state.ts';

/**
 * Waits until its standard input ends, which only its writer's end can bring about, then becomes what takes the lab away. A
 * shell, as it costs little; in a session of its own, and deaf to the signals that are sent to everybody.
 */
const WAIT = 'trap "" INT TERM HUP QUIT; while read -r _; do :; done; exec "$@"';

const ROLE = 'reaper';

/**
 * Has the lab's processes and namespaces taken away should this process die, by kill -9 too. Removing the lab ends it, as
 * any process of the lab.
 * @returns what dismisses it: from then on the lab stays without this process
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
