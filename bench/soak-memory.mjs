/** Runs rushhour at a steady rate and tells whether memory and the cost of a connection stay as they were. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compareCpu, readCpuSec } from './cpu.mjs';
import { shareOutCpus } from './cpus.mjs';
import { fitSlope, readRssKiB, watchMemory } from './memory.mjs';
import { startServer } from './server.mjs';

const USAGE = `Usage: node bench/soak-memory.mjs [options] [-- command ...]

  --rate N           connections a second (default 200)
  --minutes N        length of the run (default 10)
  --warm-up N        minutes left out of the slope: code is compiled and caches fill (default 3, or a fifth if that is less)
  --sample N         seconds between two samples (default 5)
  --control          has a fresh run of the same beside it for the first five minutes that count and for the last five:
                     what the machine does to the cost of a connection, it does to both
  -- command ...     what to measure instead of \`rushhour hit\`; {url}, {rate}, {seconds} and {results} are filled in:
                     -- bin/rushhour soak steady --target {url} --rate {rate}/s --for {seconds}s --results {results}
`;

const OPTIONS = {
  rate: { type: 'string', default: '200' },
  minutes: { type: 'string', default: '10' },
  'warm-up': { type: 'string' },
  sample: { type: 'string', default: '5' },
  control: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const HIT = 'hit {url} --rate {rate} -t {seconds} --workers 1 --results {results} --quiet'.split(' ');

/** How long a fresh run lasts: its last minute counts, by then its code is compiled. */
const CONTROL_SEC = 300;

const within = (text, least, most) => Math.min(most, Math.max(least, Number(text)));
const mebibytes = (kibibytes) => (kibibytes / 1024).toFixed(1);

function readOptions() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return undefined;
  const minutes = within(values.minutes, 1, 24 * 60);
  const warmUpSec = 60 * within(values['warm-up'] ?? Math.min(3, minutes / 5), 0, minutes / 2);
  if (values.control && 60 * minutes - warmUpSec < 2 * CONTROL_SEC + 60)
    throw new Error(`--control needs ${(2 * CONTROL_SEC) / 60 + 1} minutes after the warm-up`);
  return {
    ratePerSec: within(values.rate, 1, 20_000),
    seconds: Math.round(minutes * 60),
    warmUpSec,
    sampleMs: 1000 * within(values.sample, 0.5, 60),
    hasControl: values.control,
    command: positionals.length > 0 ? positionals : [join(import.meta.dirname, '../bin/rushhour'), ...HIT],
  };
}

function fillIn(command, words) {
  return command.map((part) => part.replace(/\{(\w+)\}/g, (hole, name) => words[name] ?? hole));
}

/** @param {{ atSec: number, rssKiB: number, anonKiB: number, cpuSec: number }[]} samples */
function report(samples, { ratePerSec, seconds, warmUpSec }) {
  const settled = samples.filter(({ atSec }) => atSec >= warmUpSec && atSec <= seconds);
  const rss = samples.map(({ rssKiB }) => rssKiB);
  const slope = (read) => ((60 * 1024 * fitSlope(settled, read)) / 1e6).toFixed(2);
  console.log(`peak ${mebibytes(Math.max(0, ...rss))} MiB, last ${mebibytes(rss.at(-1) ?? 0)} MiB`);
  console.log(
    `slope ${slope()} MB/hour over ${settled.length} samples after ${warmUpSec} s; without what is mapped from files ${slope(({ anonKiB }) => anonKiB)}`,
  );
  const cpu = compareCpu(settled, ratePerSec);
  if (cpu === undefined) return;
  const change = ((cpu.lastUs / cpu.firstUs - 1) * 100).toFixed(1);
  console.log(
    `CPU a connection: ${cpu.firstUs.toFixed(0)} us in the first minute after that, ${cpu.lastUs.toFixed(0)} us in the last: ${change} %`,
  );
}

const pass = (seconds) => sleep(1000 * Math.max(0, seconds));

/**
 * A fresh run beside the long one.
 *
 * @param {{ pid: number }} long
 * @param {(seconds: number, name: string) => import('node:child_process').ChildProcess} start
 * @param {number} inSec when to start it
 * @returns {Promise<{ longSec: number, freshSec: number }>} seconds of CPU of both in the fresh one's last minute
 */
async function compareWithFresh(long, start, inSec) {
  await pass(inSec);
  const fresh = start(CONTROL_SEC + 10, `control-${Math.round(inSec)}`);
  const ended = once(fresh, 'exit');
  await pass(CONTROL_SEC - 60);
  const before = [long.pid, fresh.pid].map(readCpuSec);
  await pass(60);
  const [longSec, freshSec] = [long.pid, fresh.pid].map((pid, index) => readCpuSec(pid) - before[index]);
  await ended;
  return { longSec, freshSec };
}

function reportControls([first, last]) {
  const [was, is] = [first.longSec / first.freshSec, last.longSec / last.freshSec];
  console.log(
    `CPU of the long run against a fresh one: ${was.toFixed(3)} in the beginning, ${is.toFixed(3)} at the end: ${((is / was - 1) * 100).toFixed(1)} %`,
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
  const children = [];
  const start = (lengthSec, name) => {
    const words = {
      url: server.url,
      rate: options.ratePerSec,
      seconds: lengthSec,
      results: join(scratch, name),
    };
    const [program, ...args] = fillIn(options.command, words);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
  };
  const child = start(options.seconds, 'long');
  try {
    const samples = [];
    const { warmUpSec, seconds: lengthSec } = options;
    const controls = options.hasControl
      ? [warmUpSec, lengthSec - CONTROL_SEC - 15].map((inSec) => compareWithFresh(child, start, inSec))
      : [];
    const { exit } = await watchMemory(child, options.sampleMs, (sample) => {
      const anonKiB = readRssKiB(child.pid, 'RssAnon');
      samples.push({ ...sample, anonKiB, cpuSec: readCpuSec(child.pid) });
      console.log(
        `${sample.atSec.toFixed(0).padStart(6)} s  ${mebibytes(sample.rssKiB)} MiB, ${mebibytes(anonKiB)} of it its own`,
      );
    });
    console.log(
      `served ${await server.countServed()} at ${options.ratePerSec}/s for ${lengthSec} s, exit code ${exit}`,
    );
    report(samples, options);
    if (options.hasControl) reportControls(await Promise.all(controls));
    process.exitCode = exit ?? 1;
  } finally {
    for (const { exitCode, pid } of children) if (exitCode === null) process.kill(pid, 'SIGTERM');
    await server.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

await main();
