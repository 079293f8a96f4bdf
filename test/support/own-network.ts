import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll } from 'vitest';

/** uapi/linux/sched.h */
const CLONE_NEWNET = 0x4000_0000;

interface Calls {
  unshare(flags: number): number;
  setns(fd: number, type: number): number;
}

function bindCalls(): Calls {
  const koffi = createRequire(import.meta.url)('koffi');
  const library = koffi.load(null);
  return {
    unshare: library.func('unshare', 'int', ['int']),
    setns: library.func('setns', 'int', ['int', 'int']),
  };
}

/**
 * Moves this thread into a network namespace of its own while the suite around runs: what it listens on, connects to
 * and starts is there, with a loopback interface and nothing else. The namespace goes with the last that uses it.
 * @param prepare further commands, such as `ip link add ...`
 */
export function useOwnNetwork(prepare: readonly (readonly string[])[] = []): void {
  let former = -1;
  beforeAll(() => {
    const calls = bindCalls();
    former = openSync('/proc/thread-self/ns/net', 'r');
    if (calls.unshare(CLONE_NEWNET) !== 0) throw new Error('a network namespace could not be made');
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    for (const [command, ...words] of prepare) execFileSync(command!, words);
  });
  afterAll(() => {
    if (former < 0) return;
    if (bindCalls().setns(former, CLONE_NEWNET) !== 0)
      throw new Error('the former network namespace is gone');
    closeSync(former);
  });
}

/**
 * Moves this thread into a network namespace that has a name (ip-netns(8)).
 * @returns what moves it back
 */
export function enterNamespace(name: string): () => void {
  const former = openSync('/proc/thread-self/ns/net', 'r');
  const other = openSync(`/run/netns/${name}`, 'r');
  const calls = bindCalls();
  const isIn = calls.setns(other, CLONE_NEWNET) === 0;
  closeSync(other);
  if (!isIn) throw new Error(`the network namespace ${name} could not be entered`);
  return () => {
    if (calls.setns(former, CLONE_NEWNET) !== 0) throw new Error('the former network namespace is gone');
    closeSync(former);
  };
}

/** Sets a kernel parameter of the thread's network namespace, such as `ipv4.conf.lo.route_localnet`. */
export function setNetParameter(name: string, value: number): void {
  writeFileSync(`/proc/sys/net/${name.replaceAll('.', '/')}`, String(value));
}
