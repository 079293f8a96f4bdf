/** What each thread of rushhour costs at a steady rate: the workers grow with the work, the main thread should not. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from './server.mjs';

const USAGE = `Usage: node bench/threads.mjs [options] [-- more flags of rushhour hit]

  --rates A,B,C   connections a second, one run each (default 100,1000,5000)
  --workers N     threads that generate load (default 2)
  --seconds N     length of a run, 5 at least (default 15)
  --url URL       what to connect to instead of an nginx of its own
`;

const OPTIONS = {
  rates: { type: 'string', default: '100,1000,5000' },
  workers: { type: 'string', default: '2' },
  seconds: { type: 'string', default: '15' },
  url: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

/** The program itself, without the launcher's look whether it is built. */
const MAIN = join(import.meta.dirname, '../dist/cli/main.js');
/** Left out at the start, while code is compiled, and at the end, while results are written. */
const [SETTLE_SEC, END_SEC] = [3, 1];

const within = (text, least, most) => Math.min(most, Math.max(least, Number(text)));

/**
 * Milliseconds on a processor of each thread so far, by thread id (Documentation/scheduler/sched-stats.rst: the first
 * figure is nanoseconds). Exact, where the ticks of /proc/PID/stat count in hundredths of a second.
 *
 * @param {number} pid
 * @returns {Map<number, number>}
 */
function readThreads(pid) {
  const ids = readdirSync(`/proc/${pid}/task`).map(Number);
  return new Map(
    ids.map((id) => [
      id,
      Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    ]),
  );
}

/** Of each thread in between, those of the workers told by how much they do. */
function shareOut(pid, workers, before, after, seconds) {
  const spent = (id) => ((after.get(id) ?? 0) - (before.get(id) ?? 0)) / seconds;
  const others = [...after.keys()]
    .filter((id) => id !== pid)
    .map(spent)
    .sort((a, b) => b - a);
  const sum = (figures) => figures.reduce((total, figure) => total + figure, 0);
  return { main: spent(pid), workers: sum(others.slice(0, workers)), rest: sum(others.slice(workers)) };
}

async function measure(url, ratePerSec, { workers, seconds, flags }) {
  const results = await mkdtemp(join(tmpdir(), 'rushhour-threads-'));
  const given = ['--rate', ratePerSec, '-t', seconds, '--workers', workers, '--results', results];
  const args = [MAIN, 'hit', url, ...given.map(String), '--json', '--quiet', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => {
    child.once('close', resolve);
  });
  try {
    await sleep(SETTLE_SEC * 1000);
    const from = performance.now();
    const before = readThreads(child.pid);
    await sleep((seconds - SETTLE_SEC - END_SEC) * 1000);
    const after = readThreads(child.pid);
    const costs = shareOut(child.pid, workers, before, after, (performance.now() - from) / 1000);
    await closed;
    const { arms, latenessUs } = JSON.parse(text);
    const { started, unsent } = Object.values(arms)[0];
    return { ...costs, started, unsent, latenessUs };
  } finally {
    if (child.exitCode === null) child.kill('SIGTERM');
    await closed;
    await rm(results, { recursive: true, force: true });
  }
}

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const rates = values.rates.split(',').map((rate) => within(rate, 1, 50_000));
  const run = {
    workers: within(values.workers, 1, 16),
    seconds: within(values.seconds, 5, 600),
    flags: positionals,
  };
  const server = values.url === undefined ? await startServer(undefined) : undefined;
  try {
    console.log('  rate/s   main ms/s   workers ms/s   other ms/s   us/attempt   late p99 us    unsent');
    for (const rate of rates) {
      const {
        main: own,
        workers,
        rest,
        unsent,
        latenessUs,
      } = await measure(values.url ?? server.url, rate, run);
      const cells = [
        rate,
        own.toFixed(1),
        workers.toFixed(1),
        rest.toFixed(1),
        ((workers * 1000) / rate).toFixed(0),
      ];
      const widths = [8, 12, 15, 13, 13, 14, 10];
      console.log(
        [...cells, latenessUs.p99, unsent].map((cell, at) => String(cell).padStart(widths[at])).join(''),
      );
    }
  } finally {
    await server?.stop();
  }
}

await main();
