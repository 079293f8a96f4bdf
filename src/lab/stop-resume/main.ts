import { identifyProcess, isAlive } from '../process-id.ts';

/**
 * Stops and resumes a process repeatedly: a far end too busy to accept. Ends with it.
 * Arguments: its pid, the stopped time and the running time, in ms.
 */
const [pid = 0, pauseMs = 0, runMs = 0] = process.argv.slice(2).map(Number);
const identity = identifyProcess(pid);

function stop(): void {
  signal('SIGSTOP');
  setTimeout(resume, pauseMs);
}

function resume(): void {
  signal('SIGCONT');
  setTimeout(stop, runMs);
}

function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
  if (identity === undefined || !isAlive(identity)) process.exit();
  process.kill(pid, name);
}

stop();
