import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../errors.ts';
import { locateOwn } from '../../places.ts';

/** How many threads may still be started, by the narrowest limit. */
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

// The launcher's own, which cannot wait for anything to be built.
const { readThreadRoom, formatRemedy } = createRequire(import.meta.url)(
  fileURLToPath(locateOwn('bin/thread-room.js')),
) as Module;

export { readThreadRoom };

/** Beside those that are asked for: a look-up, a shell. */
const SPARE = 2;

/**
 * Looks ahead whether threads can be started: Node is ended in the middle of it, or waits for ever, where one cannot.
 * @param needed threads
 * @throws EnvironmentError where there is no room for them
 */
export function checkThreadRoom(what: string, needed: number, room = readThreadRoom()): void {
  if (room === undefined || room.free >= needed + SPARE) return;
  throw new EnvironmentError(
    `${what} needs ${needed} more ${needed === 1 ? 'thread' : 'threads'} and ${SPARE} to spare, and ${room.free} may be started (${room.what} is ${room.limit}, ${room.used} in use)`,
    { hint: formatRemedy(room, needed + SPARE) },
  );
}
