import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';

/** What V8 reserves for a thread's heap and code, most of it never used (measured with Node 20: 590 MB). */
const WORKER_MB = 600;
/** For the load's own data. */
const SPARE_MB = 50;

/**
 * Checks in advance whether the address space (`ulimit -v`, RLIMIT_AS) has room for workers: V8 ends the process if
 * not.
 * @param proc path of /proc, for tests
 * @throws EnvironmentError if there is too little room; never if there is no limit, or if it cannot be read
 */
export function checkAddressRoom(workers: number, proc = '/proc'): void {
  const limitBytes = Number(/^Max address space\s+(\d+)/m.exec(read(`${proc}/self/limits`))?.[1]);
  const usedMb = Number(/^VmSize:\s+(\d+) kB/m.exec(read(`${proc}/self/status`))?.[1]) / 1_024;
  const limitMb = limitBytes / 1_048_576;
  const neededMb = workers * WORKER_MB + SPARE_MB;
  if (!(limitMb - usedMb < neededMb)) return;
  throw new EnvironmentError(
    `${workers === 1 ? 'a worker' : `${workers} workers`} may need ${neededMb} MB of address space, but only ${Math.round(limitMb - usedMb)} MB are left (ulimit -v)`,
    {
      hint: `raise the limit and run it again: ulimit -v ${Math.ceil(usedMb + neededMb) * 1_024}, or unlimited`,
    },
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
