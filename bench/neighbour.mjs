import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { compile } from './compile.mjs';
import { pinTo } from './cpus.mjs';

/** More than the last level of cache that a probe has, and than its share of a server's. */
const MEBIBYTES = 64;
/** Ends by itself after so long, whatever becomes of the bench. */
const LONGEST_SEC = 900;

/**
 * Starts a program that walks through memory at random, and waits until it does.
 *
 * @param {number | undefined} cpu the core to pin it to
 * @returns {Promise<{ stop: () => Promise<number> }>} `stop` ends it and tells how long one of its reads took,
 *   nanoseconds of its own CPU time
 */
export async function startNeighbour(cpu) {
  const [command, ...args] = pinTo(cpu, [compile('neighbour'), String(MEBIBYTES), String(LONGEST_SEC)]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((_, reject) => child.once('error', reject));
  await Promise.race([lines.next(), failed]);
  return {
    async stop() {
      child.kill('SIGTERM');
      const { value } = await lines.next();
      return JSON.parse(value).readNs;
    },
  };
}
