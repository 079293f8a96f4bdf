/** Runs rushhour at a steady rate and watches whether its memory grows. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shareOutCpus } from './cpus.mjs';
import { fitSlope, watchMemory } from './memory.mjs';
import { startServer } from './server.mjs';

const SAMPLE_EVERY_MS = 5000;
/** Caches fill and code is compiled at first: no growth is read from that part. */
const WARM_UP_SHARE = 0.2;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '600' },
  },
});
const ratePerSec = Math.min(20_000, Math.max(1, Number(values.rate)));
const seconds = Math.min(86_400, Math.max(30, Number(values.seconds)));

const mebibytes = (kibibytes) => (kibibytes / 1024).toFixed(1);

const scratch = await mkdtemp(join(tmpdir(), 'rushhour-soak-'));
const server = await startServer(shareOutCpus().server);
const program = join(import.meta.dirname, '../bin/rushhour');
const load = ['--rate', String(ratePerSec), '-t', String(seconds), '--workers', '1'];
const child = spawn(program, ['hit', server.url, ...load, '--results', scratch, '--quiet'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  const { exit, samples } = await watchMemory(child, SAMPLE_EVERY_MS, ({ atSec, rssKiB }) =>
    console.log(`${atSec.toFixed(0).padStart(6)} s  ${mebibytes(rssKiB)} MiB`),
  );
  const settled = samples.filter(({ atSec }) => atSec >= seconds * WARM_UP_SHARE);
  const peak = Math.max(0, ...samples.map(({ rssKiB }) => rssKiB));
  console.log(`served ${await server.countServed()} at ${ratePerSec}/s for ${seconds} s, exit code ${exit}`);
  console.log(`peak ${mebibytes(peak)} MiB, slope ${fitSlope(settled).toFixed(1)} KiB/min after the warm-up`);
  process.exitCode = exit ?? 1;
} finally {
  if (child.exitCode === null) child.kill('SIGTERM');
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
}
