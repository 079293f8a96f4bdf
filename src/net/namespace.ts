import { closeSync, openSync } from 'node:fs';
import { EnvironmentError } from '../errors.ts';
import { CLONE_NEWNET } from './constants.ts';
import type { Libc } from './load.ts';

/** The namespace of the thread that opens it, proc(5). */
const OWN = '/proc/thread-self/ns/net';

/**
 * Calls a function while this thread is in another network namespace (setns(2)). The sockets that it opens stay in that namespace;
 * other threads are not affected. The function must not be asynchronous.
 * @param path of the namespace, such as /proc/1234/ns/net
 * @throws EnvironmentError if it is gone, or this user may not enter it (CAP_SYS_ADMIN); whatever the function throws
 */
export function inNamespace<T>(libc: Libc, path: string, work: () => T): T {
  const own = openSync(OWN, 'r');
  try {
    enter(libc, path);
    try {
      return work();
    } finally {
      comeBack(libc, own);
    }
  } finally {
    closeSync(own);
  }
}

function enter(libc: Libc, path: string): void {
  const refuse = (why: string, cause?: unknown): EnvironmentError =>
    new EnvironmentError(`the network namespace ${path} cannot be entered (${why})`, { cause });
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
  const errno = libc.setns(fd, CLONE_NEWNET) === 0 ? 0 : libc.errno();
  closeSync(fd);
  if (errno !== 0) throw refuse(`errno ${errno}`);
}

/** @throws Error, with which nothing can go on: this thread would use the wrong network */
function comeBack(libc: Libc, own: number): void {
  if (libc.setns(own, CLONE_NEWNET) !== 0)
    throw new Error(`cannot return to this process's network namespace (errno ${libc.errno()})`);
}
