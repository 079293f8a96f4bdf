import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { compile } from './compile.mjs';

/** Ends by itself after so long, whatever becomes of the bench. */
const LONGEST_SEC = 600;

/**
 * Starts one of the C far ends on a free port of 127.0.0.1.
 *
 * @param {'sink'} name
 * @returns {Promise<{ port: number, stop: () => void }>}
 */
export async function startFarEnd(name) {
  const child = spawn(compile(name), [String(LONGEST_SEC)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    child.once('error', reject);
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line).port));
  });
  return { port, stop: () => child.kill('SIGTERM') };
}
