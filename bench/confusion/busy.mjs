import { spawn } from 'node:child_process';

/** Ends with its parent, however that ends. */
const SPIN = `const parent = process.ppid;
while (process.ppid === parent) for (const until = Date.now() + 200; Date.now() < until; );`;

/**
 * Processes that each keep a processor busy.
 *
 * @param {number} count
 * @returns {() => void} ends them
 */
export function keepBusy(count) {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', SPIN], { stdio: 'ignore' }),
  );
  return () => {
    for (const child of children) child.kill('SIGKILL');
  };
}
