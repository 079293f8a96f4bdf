/** Runs rushhour at a steady rate and tells whether memory and the cost of a connection stay as they were. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareCpu, readCpuSec } from './cpu.mjs';
import { shareOutCpus } from './cpus.mjs';
import { fitSlope, watchMemory } from './memory.mjs';
import { startServer } from './server.mjs';

const USAGE = `Usage: node bench/soak-memory.mjs [options] [-- command ...]

  --rate N           connections a second (default 200)
  --minutes N        length of the run (default 10)
  --warm-up N        minutes left out of the slope: code is compiled and caches fill (default 3, or a fifth if that is less)
  --sample N         seconds between two samples (default 5)
  -- command ...     what to measure instead of \`rushhour hit\`; {url}, {rate}, {seconds} and {results} are filled in:
                     -- bin/rushhour soak steady --target {url} --rate {rate}/s --for {seconds}s --results {results}
`;

const OPTIONS = {
  rate: { type: 'string', default: '200' },
  minutes: { type: 'string', default: '10' },
  'warm-up': { type: 'string' },
  sample: { type: 'string', default: '5' },
  help: { type: 'boolean', short: 'h', default: false },
};

const HIT = 'hit {url} --rate {rate} -t {seconds} --workers 1 --results {results} --quiet'.split(' ');

const within = (text, least, most) => Math.min(most, Math.max(least, Number(text)));
const mebibytes = (kibibytes) => (kibibytes / 1024).toFixed(1);

function readOptions() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return undefined;
  const minutes = within(values.minutes, 1, 24 * 60);
  return {
    ratePerSec: within(values.rate, 1, 20_000),
    seconds: Math.round(minutes * 60),
    warmUpSec: 60 * within(values['warm-up'] ?? Math.min(3, minutes / 5), 0, minutes / 2),
    sampleMs: 1000 * within(values.sample, 0.5, 60),
    command: positionals.length > 0 ? positionals : [join(import.meta.dirname, '../bin/rushhour'), ...HIT],
  };
}

function fillIn(command, words) {
  return command.map((part) => part.replace(/\{(\w+)\}/g, (hole, name) => words[name] ?? hole));
}

/** @param {{ atSec: number, rssKiB: number, cpuSec: number }[]} samples */
function report(samples, { ratePerSec, seconds, warmUpSec }) {
  const settled = samples.filter(({ atSec }) => atSec >= warmUpSec && atSec <= seconds);
  const rss = samples.map(({ rssKiB }) => rssKiB);
  const slope = (60 * 1024 * fitSlope(settled)) / 1e6;
  console.log(`peak ${mebibytes(Math.max(0, ...rss))} MiB, last ${mebibytes(rss.at(-1) ?? 0)} MiB`);
  console.log(`slope ${slope.toFixed(2)} MB/hour over ${settled.length} samples after ${warmUpSec} s`);
  const cpu = compareCpu(settled, ratePerSec);
  if (cpu === undefined) return;
  const change = ((cpu.lastUs / cpu.firstUs - 1) * 100).toFixed(1);
  console.log(
    `CPU a connection: ${cpu.firstUs.toFixed(0)} us in the first minute after that, ${cpu.lastUs.toFixed(0)} us in the last: ${change} %`,
  );
}

async function main() {
  const options = readOptions();
  if (options === undefined) {
    console.log(USAGE);
    return;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'rushhour-soak-'));
  const server = await startServer(shareOutCpus().server);
  const { ratePerSec: rate, seconds } = options;
  const words = { url: server.url, rate, seconds, results: scratch };
  const [program, ...args] = fillIn(options.command, words);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const samples = [];
    const { exit } = await watchMemory(child, options.sampleMs, (sample) => {
      samples.push({ ...sample, cpuSec: readCpuSec(child.pid) });
      console.log(`${sample.atSec.toFixed(0).padStart(6)} s  ${mebibytes(sample.rssKiB)} MiB`);
    });
    console.log(`served ${await server.countServed()} at ${rate}/s for ${seconds} s, exit code ${exit}`);
    report(samples, options);
    process.exitCode = exit ?? 1;
  } finally {
    if (child.exitCode === null) child.kill('SIGTERM');
    await server.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

await main();
