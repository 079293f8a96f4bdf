import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';

/** What V8 reserves for the heap and the code of a thread, most of it never used (measured with Node 20: 590 MB). */
const WORKER_MB = 600;
/** For what the load itself keeps. */
const SPARE_MB = 50;

/**
 * Looks ahead whether the address space (`ulimit -v`, RLIMIT_AS) has room for workers: V8 ends the process where it has none.
 * @param proc where /proc is, for tests
 * @throws EnvironmentError where it has not; never where there is no limit, or it cannot be read
 */
export function checkAddressRoom(workers: number, proc = '/proc'): void {
  const limitBytes = Number(/^Max address space\s+(\d+)/m.exec(read(`${proc}/self/limits`))?.[1]);
  const usedMb = Number(/^VmSize:\s+(\d+) kB/m.exec(read(`${proc}/self/status`))?.[1]) / 1_024;
  const limitMb = limitBytes / 1_048_576;
  const neededMb = workers * WORKER_MB + SPARE_MB;
  if (!(limitMb - usedMb < neededMb)) return;
  throw new EnvironmentError(
    `${workers === 1 ? 'a worker' : `${workers} workers`} may need ${neededMb} MB of address space, and ${Math.round(limitMb - usedMb)} MB are left (ulimit -v)`,
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
