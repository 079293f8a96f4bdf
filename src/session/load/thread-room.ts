import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../errors.ts';
import { locateOwn } from '../../places.ts';

/** How many threads may still be started, according to the lowest limit. */
export interface ThreadRoom {
  readonly what: 'ulimit -u' | 'pids.max of the cgroup';
  readonly limit: number;
  readonly used: number;
  readonly free: number;
}

interface Module {
  readThreadRoom(root?: string): ThreadRoom | undefined;
  formatRemedy(room: ThreadRoom, needed: number): string;
}

// The launcher's own, which cannot depend on anything that has to be built.
const { readThreadRoom, formatRemedy } = createRequire(import.meta.url)(
  fileURLToPath(locateOwn('bin/thread-room.js')),
) as Module;

export { readThreadRoom };

/** In addition to those needed: a look-up, a shell. */
const SPARE = 2;

/**
 * Checks in advance whether threads can be started: if one cannot, Node is killed midway or waits forever.
 * @param needed threads
 * @throws EnvironmentError if there is no room for them
 */
export function checkThreadRoom(what: string, needed: number, room = readThreadRoom()): void {
  if (room === undefined || room.free >= needed + SPARE) return;
  throw new EnvironmentError(
    `${what} needs ${needed} more ${needed === 1 ? 'thread' : 'threads'} and ${SPARE} to spare, but only ${room.free} may be started (${room.what} is ${room.limit}, ${room.used} in use)`,
    { hint: formatRemedy(room, needed + SPARE) },
  );
}
