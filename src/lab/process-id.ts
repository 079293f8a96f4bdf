import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Identifies a process, so that a later one with the same number is not mistaken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to its start: field 22 of /proc/<pid>/stat (proc(5)). */
  readonly startTicks: number;
}

/** Index after the command name, which is field 2 and may contain spaces and brackets. */
const STATE = 0;
const START_TICKS = 19;

/** Undefined if there is no such process; a zombie counts as gone. */
export function identifyProcess(pid: number): ProcessId | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[STATE] === 'Z' ? undefined : { pid, startTicks: Number(fields[START_TICKS]) };
}

export function isAlive({ pid, startTicks }: ProcessId): boolean {
  return identifyProcess(pid)?.startTicks === startTicks;
}

/** How long a killed process may take to exit: it may be writing a core or waiting for a disk. */
const PATIENCE_MS = 2_000;

/** Kills processes that are still the recorded ones, except this one, and waits until they are gone. */
export async function killProcesses(processes: readonly ProcessId[]): Promise<void> {
  const living = processes.filter((each) => each.pid !== process.pid && isAlive(each));
  for (const { pid } of living) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has exited since.
    }
  }
  const until = Date.now() + PATIENCE_MS;
  while (living.some(isAlive) && Date.now() < until) await sleep(5);
}
