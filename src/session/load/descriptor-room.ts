import { readdirSync, readFileSync } from 'node:fs';
import { parseFdLimits } from '../../doctor/read.ts';
import { EnvironmentError } from '../../errors.ts';

/** Of a thread's event loop, message channel and poll set (measured with Node 20). */
const PER_WORKER = 5;
/** Node opens dozens of files at once as a thread loads its modules; without them the thread never begins. */
const TO_LOAD = 60;

/**
 * Checks in advance whether threads can open what they begin with: if one cannot, Node does not say so, and the thread
 * is waited for in vain.
 * @param proc path of /proc, for tests
 * @throws EnvironmentError if the limit of open files is too low; never if it cannot be read
 */
export function checkDescriptorRoom(workers: number, proc = '/proc'): void {
  const used = countOpen(proc);
  const { soft } = parseFdLimits(readLimits(proc));
  const needed = TO_LOAD + workers * PER_WORKER;
  if (used === undefined || soft === null || soft - used >= needed) return;
  throw new EnvironmentError(
    `${workers === 1 ? 'a worker needs' : `${workers} workers need`} ${needed} more open files to begin with, but only ${Math.max(0, soft - used)} are left (ulimit -n is ${soft})`,
    { hint: 'raise the limit and run it again: ulimit -n 4096' },
  );
}

function countOpen(proc: string): number | undefined {
  try {
    return readdirSync(`${proc}/self/fd`).length;
  } catch {
    return undefined;
  }
}

function readLimits(proc: string): string {
  try {
    return readFileSync(`${proc}/self/limits`, 'utf8');
  } catch {
    return '';
  }
}
