import { EnvironmentError } from '../../errors.ts';

/**
 * Errors with which the system reports that a resource is exhausted (errno(3), and Node's own codes), and what to do.
 */
const WORDS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  EMFILE: ['the limit of open files is too low', 'raise it and run again: ulimit -n 4096'],
  ENFILE: ['this machine has too many open files', 'stop the programs that hold them, or raise fs.file-max'],
  EAGAIN: ['the limit of processes and threads is too low', 'raise it and run again: ulimit -u 4096'],
  ENOMEM: [
    'this machine has run out of memory',
    'stop the programs that use it, or raise the limit: ulimit -v unlimited',
  ],
  ERR_WORKER_INIT_FAILED: [
    'a thread could not be started',
    'allow more threads (ulimit -u 4096) or memory (ulimit -v unlimited), and run it again',
  ],
  ERR_WORKER_OUT_OF_MEMORY: [
    'a worker ran out of memory',
    'stop the programs that use it, or use fewer --workers',
  ],
};

/** Codes that mean this only if a process or a thread was being started. */
const OF_STARTS = ['EAGAIN'];

/**
 * Describes, for users, an error that means that the machine has run out of something; undefined for any other error.
 */
export function describeExhaustion(error: unknown): EnvironmentError | undefined {
  const { code, syscall, message } = Object(error) as {
    code?: unknown;
    syscall?: unknown;
    message?: unknown;
  };
  const words = typeof code === 'string' ? WORDS[code] : undefined;
  if (words === undefined) return undefined;
  if (OF_STARTS.includes(String(code)) && !/^(spawn|fork)/.test(String(syscall))) return undefined;
  const [what, hint] = words;
  return new EnvironmentError(`${what} (${String(message).split('\n')[0]})`, { hint, cause: error });
}
