import { readFileSync } from 'node:fs';
import type { ProcessMark, RunInfo, RunStatus } from './run-info.ts';

export function markProcess(pid: number = process.pid): ProcessMark {
  return { pid, bootId: read('/proc/sys/kernel/random/boot_id'), startTicks: readStartTicks(pid) };
}

/** What a run's status really is: one that says `running` and whose process is gone was interrupted. */
export function readStatus(info: Pick<RunInfo, 'status' | 'process'>): RunStatus | 'running' {
  if (info.status !== 'running') return info.status;
  return isAlive(info.process) ? 'running' : 'interrupted';
}

/** Whether the process that was marked still lives on this machine. */
export function isAlive(mark: ProcessMark): boolean {
  const now = markProcess(mark.pid);
  if (now.bootId !== mark.bootId || now.startTicks !== mark.startTicks) return false;
  try {
    process.kill(mark.pid, 0);
    return true;
  } catch (error) {
    // It belongs to another user, so it is alive.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * The name in brackets may contain spaces and brackets, so fields are counted from the last bracket (proc(5)). A dead
 * process that only waits to be reaped (state Z or X) has no start time.
 */
function readStartTicks(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const [state, ...later] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? '' : (later[18] ?? '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
