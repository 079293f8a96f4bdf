import { type ChildProcess, spawn } from 'node:child_process';

/** How long a command may take to end after it was told to. */
const GRACE_MS = 5_000;

/**
 * Waits until its standard input ends, as its writer's death brings about, then gives the process group $1 another $2 seconds
 * and ends it: gently first, 5 s later by force. A shell, as it costs little; deaf to the signals that are sent to everybody.
 */
const GUARD = `trap "" INT TERM HUP QUIT
while read -r _; do :; done
left=$2
while [ "$left" -gt 0 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 1; left=$((left - 1)); done
kill -s TERM -- "-$1" 2>/dev/null || exit 0
left=5
while [ "$left" -gt 0 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 1; left=$((left - 1)); done
kill -s KILL -- "-$1" 2>/dev/null`;

/**
 * Keeps a command's time limit though this program be killed, kill -9 included: until then it may go on, as a firewall half
 * switched is worse than one that was switched for nothing. Ends by itself once the command has ended; what that leaves
 * running in the background is left alone.
 * @param child leads a process group of its own
 */
export function guardGroup(child: ChildProcess, timeoutUs: number): void {
  if (child.pid === undefined || process.platform === 'win32') return;
  const argv = ['-c', GUARD, 'rushhour-guard', String(child.pid), String(Math.ceil(timeoutUs / 1_000_000))];
  const guard = spawn('sh', argv, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  guard.unref();
  const dismiss = (): void => void guard.kill('SIGKILL');
  if (child.exitCode !== null || child.signalCode !== null) dismiss();
  else child.once('exit', dismiss);
}

/**
 * Ends a command and all that it started: gently first, 5 s later by force.
 * @param child leads a process group of its own
 */
export function endGroup({ pid }: ChildProcess): void {
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, name);
    } catch {
      // Gone by itself since.
    }
  };
  signal('SIGTERM');
  setTimeout(signal, GRACE_MS, 'SIGKILL').unref();
}
