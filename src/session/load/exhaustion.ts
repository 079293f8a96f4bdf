import { EnvironmentError } from '../../errors.ts';

/** What the system refuses when something of it is used up (errno(3), and Node's own code), and what to do. */
const WORDS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  EMFILE: ['too few files may be open', 'allow more and run it again: ulimit -n 4096'],
  ENFILE: ['too many files are open on this machine', 'end what holds them, or raise fs.file-max'],
  EAGAIN: ['too few processes or threads may be started', 'allow more and run it again: ulimit -u 4096'],
  ENOMEM: ['there is no memory left', 'end what holds it, or raise the limit: ulimit -v unlimited'],
  ERR_WORKER_INIT_FAILED: [
    'a thread could not be started',
    'allow more threads (ulimit -u 4096) or memory (ulimit -v unlimited), and run it again',
  ],
  ERR_WORKER_OUT_OF_MEMORY: ['a worker ran out of memory', 'end what holds it, or use fewer --workers'],
};

/** Codes that mean as much only where a process or a thread was to be started. */
const OF_STARTS = ['EAGAIN'];

/** An error that says that the machine has run out of something, for people; undefined for any other. */
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
