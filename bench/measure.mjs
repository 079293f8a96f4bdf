import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from './compile.mjs';
import { pinTo } from './cpus.mjs';

/** Far beyond any sane run: a tool that hangs must not hang the bench. */
const LIMIT_MS = 180_000;

/**
 * What a command cost: times in microseconds, memory in KiB; its output. User and system time are those of the
 * command and of the children that it waited for.
 *
 * @typedef {{ wallUs: number, userUs: number, systemUs: number, peakKiB: number, output: string }} Cost
 *
 * @param {string[]} command
 * @param {{ cpu: number | undefined, scratch: string }} where
 * @returns {Promise<Cost>}
 * @throws where the command fails or takes longer than three minutes
 */
export async function measure(command, { cpu, scratch }) {
  const file = join(scratch, 'cost.json');
  await rm(file, { force: true });
  const output = await run(pinTo(cpu, [compile('measure'), file, '--', ...command]));
  return { ...JSON.parse(await readFile(file, 'utf8')), output };
}

function run([program, ...args]) {
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMIT_MS, maxBuffer: 64 << 20 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.slice(2).join(' ')} failed: ${stderr || stdout || error.message}`));
    });
  });
}
