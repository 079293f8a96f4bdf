import { identifyProcess, isAlive } from '../process-id.ts';

/**
 * Stops a process and lets it go on, over and over: a far end that is too busy to accept. Ends with it.
 * Arguments: its pid, how long it stands still and how long it runs, in ms.
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
