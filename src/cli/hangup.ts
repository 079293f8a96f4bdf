import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Facts that show whether SIGHUP was ignored when this process started. */
export interface HangupFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of /proc/PPID/status (proc_pid_status(5)); undefined if there is none. */
  readonly parentStatus: string | undefined;
  /** Target of descriptor 0, and /proc/self/fdinfo/0 (proc_pid_fdinfo(5)). */
  readonly stdin: { readonly target: string; readonly info: string } | undefined;
}

/** Bit of SIGHUP, signal 1, in the masks of /proc/PID/status. */
const SIGHUP_BIT = 1n;
/** Mask of the access mode in open(2)'s flags, and the mode that `nohup` uses. */
const [O_ACCMODE, O_WRONLY] = [0o3, 0o1];

/**
 * Whether this process is meant to outlive its terminal. Node resets ignored signals to their default before any of
 * our code runs (ResetSignalHandlers in src/node.cc), so what was inherited has to be inferred: bash, ksh and zsh name
 * the command that they start in `_`; a script that ignores SIGHUP passes that on; and nohup of GNU opens /dev/null
 * write-only as standard input if that was a terminal.
 */
export function wasHangupIgnored({ env, parentStatus, stdin }: HangupFacts): boolean {
  if (basename(env['_'] ?? '') === 'nohup') return true;
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(parentStatus ?? '')?.[1];
  if (mask !== undefined && (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n) return true;
  const flags = /^flags:\s*([0-7]+)$/m.exec(stdin?.info ?? '')?.[1];
  return (
    stdin?.target === '/dev/null' &&
    flags !== undefined &&
    (Number.parseInt(flags, 8) & O_ACCMODE) === O_WRONLY
  );
}

/** The facts of this process. Outside Linux there are few. */
export function readHangupFacts(): HangupFacts {
  return {
    env: process.env,
    parentStatus: attempt(() => readFileSync(`/proc/${process.ppid}/status`, 'latin1')),
    stdin: attempt(() => ({
      target: readlinkSync('/proc/self/fd/0'),
      info: readFileSync('/proc/self/fdinfo/0', 'latin1'),
    })),
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
