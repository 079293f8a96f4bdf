import { readFileSync } from 'node:fs';
import { afterAll } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Of a file: seconds of processor time, user and system, of its process and of the children that it waited for. */
    processorSec?: number;
  }
}

/** USER_HZ: Linux shows processes' times in it on every architecture that Node runs on (proc_pid_stat(5), time(7)). */
const TICKS_PER_SEC = 100;

const before = readProcessorSec();
// biome-ignore lint/correctness/noEmptyPattern: Vitest wants a pattern where it passes fixtures, and none is used.
afterAll(({}, file) => {
  file.meta.processorSec = readProcessorSec() - before;
});

function readProcessorSec(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000 + readChildrenSec();
}

/** cutime and cstime, the 16th and 17th field; the second, a name in brackets, may hold spaces. Only Linux tells them. */
function readChildrenSec(): number {
  if (process.platform !== 'linux') return 0;
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SEC;
}
