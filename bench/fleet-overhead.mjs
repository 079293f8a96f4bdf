/**
 * What a fleet adds to a load: `rushhour run` with two workers, two probes that share the same load, and the run again, in turn
 * against one nginx, so that what the machine changes by itself stands beside what the fleet does; and the processor time of one
 * probe beside that of `rushhour run` with one worker, at the same rate. Needs nginx and nats-server.
 *
 *   node bench/fleet-overhead.mjs --rate 1000 --seconds 30 --rounds 3
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readCpuSec } from './cpu.mjs';
import { findFreePort, startServer } from './server.mjs';

const MAIN = join(import.meta.dirname, '../dist/cli/main.js');
/** Seconds at both ends of a load that are not those of a load alone. */
const APART_SEC = 3;
const LONGEST_MS = 240_000;
const PROBES = ['one', 'two'];

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '3' },
  },
});
const within = (text, least, most) => Math.min(most, Math.max(least, Math.round(Number(text))));
const perSec = within(values.rate, 10, 5_000);
const seconds = within(values.seconds, 10, 300);
const rounds = within(values.rounds, 1, 20);

const dir = mkdtempSync(join(tmpdir(), 'rushhour-fleet-overhead-'));
const children = [];
const server = await startServer(undefined);
try {
  writeFileSync(
    join(dir, 'web.yaml'),
    `schema: 1\narms:\n  web:\n    via: direct\n    load:\n      - hold: { rate: ${perSec}/s, for: ${seconds}s }\n`,
  );
  writeFileSync(
    join(dir, 'policy.yaml'),
    `schema: 1\ntargets: [127.0.0.1]\nrate: ${perSec}/s\nattempts: 10000000\n`,
  );
  const port = await findFreePort();
  const ids = PROBES.flatMap((id) => ['--probe', id]);
  const up = start(['fleet', 'up', '--port', String(port), ...ids]);
  await until(() => up.said.includes('press Ctrl-C'));
  const probes = PROBES.map((id) =>
    start([
      ...['probe', '--credentials', `fleet/credentials/${id}.json`],
      ...['--policy', 'policy.yaml', '--results', id],
    ]),
  );
  await until(async () => JSON.parse((await call(['fleet', 'ls', '--json'])).out).length === PROBES.length);
  const turns = { alone: [], both: [], again: [], single: [], probe: [] };
  for (let round = 0; round < rounds; round += 1) {
    turns.alone.push(await runAlone(2));
    turns.both.push(await runFleet([], ['--rate-total', `${perSec}/s`], probes));
    turns.again.push(await runAlone(2));
    turns.single.push(await runAlone(1));
    turns.probe.push(await runFleet(['--on', `probe=${PROBES[0]}`], [], probes.slice(0, 1)));
    process.stderr.write(
      `round ${round + 1}: ${JSON.stringify(Object.values(turns).map((all) => all.at(-1)))}\n`,
    );
  }
  const of = (name, key) => median(turns[name].map((turn) => turn[key]));
  /** Of each round by itself, since machines change in between; then the median of the rounds. */
  const apart = (key, name, others) =>
    median(
      turns[name].map((turn, round) => {
        const beside = others.map((other) => turns[other][round][key]);
        return turn[key] / (beside.reduce((sum, one) => sum + one, 0) / beside.length) - 1;
      }),
    );
  const beside = (key) => ({
    oneProcess: of('alone', key),
    twoProbes: of('both', key),
    apart: apart(key, 'both', ['alone', 'again']),
    // The same of one process beside itself, where nothing but the machine differs.
    apartFromItself: apart(key, 'again', ['alone']),
  });
  console.log({
    load: `${perSec}/s for ${seconds} s, ${rounds} rounds, medians`,
    figures: Object.fromEntries(
      ['started', 'completed', 'stalled', 'servedPerStarted', 'handshakeP50Us', 'handshakeP99Us'].map(
        (key) => [key, beside(key)],
      ),
    ),
    coresAtLoad: { run: of('single', 'cores'), probe: of('probe', 'cores') },
    coresOfFleetPart: of('probe', 'cores') - of('single', 'cores'),
    coresOfMainThread: { run: of('single', 'mainCores'), probe: of('probe', 'mainCores') },
    coresOfIdleProbe: await measureIdle(probes[0]),
    generatorLimited: Object.fromEntries(
      Object.entries(turns).map(([name, all]) => [name, all.filter(({ isLimited }) => isLimited).length]),
    ),
  });
} finally {
  for (const child of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  }
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}

function start(args) {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  child.said = '';
  child.out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    child.out += text;
    child.said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    child.said += text;
  });
  children.push(child);
  return child;
}

async function call(args) {
  const child = start(args);
  await once(child, 'close');
  return child;
}

async function runAlone(workers) {
  const before = new Set(listRuns('results'));
  const served = await server.countServed();
  const running = start(['run', 'web.yaml', '--target', server.url, '--workers', String(workers)]);
  const [cost] = await Promise.all([
    measureLoad([running], () => newFolder('results', before)),
    once(running, 'close'),
  ]);
  return figuresOf([newFolder('results', before)], cost, served);
}

async function runFleet(on, flags, probes) {
  const names = PROBES.slice(0, probes.length);
  const before = names.map((id) => new Set(listRuns(id)));
  const served = await server.countServed();
  const running = start(['fleet', 'run', 'web.yaml', '--target', server.url, ...on, ...flags]);
  const [cost] = await Promise.all([
    measureLoad(probes, () => newFolder(names[0], before[0])),
    once(running, 'close'),
  ]);
  return figuresOf(
    names.map((id, index) => newFolder(id, before[index])),
    cost,
    served,
  );
}

/** Processor time of these processes from some seconds after second 0 to some before the end of the load. */
async function measureLoad(processes, folder) {
  const frames = () => {
    try {
      return readFileSync(join(folder(), 'frames.jsonl'), 'utf8').split('\n').length - 1;
    } catch {
      // It has no folder yet, or nothing in it.
      return 0;
    }
  };
  const sample = () => ({
    atMs: performance.now(),
    cpuSec: processes.reduce((sum, { pid }) => sum + readCpuSec(pid), 0),
    mainSec: processes.reduce((sum, { pid }) => sum + readMainSec(pid), 0),
  });
  await until(() => frames() >= APART_SEC);
  const from = sample();
  await until(() => frames() >= seconds - APART_SEC);
  const to = sample();
  const tookSec = (to.atMs - from.atMs) / 1_000;
  return { cores: (to.cpuSec - from.cpuSec) / tookSec, mainCores: (to.mainSec - from.mainSec) / tookSec };
}

async function measureIdle({ pid }) {
  const before = readCpuSec(pid);
  await sleep(20_000);
  return (readCpuSec(pid) - before) / 20;
}

/** Of the main thread alone, which has the fleet's part: utime and stime of proc(5), at 100 a second. */
function readMainSec(pid) {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function figuresOf(folders, cost, servedBefore) {
  const summaries = folders.map((folder) => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')));
  const arms = summaries.map(({ arms: { web } }) => web);
  const sum = (read) => arms.reduce((total, arm) => total + read(arm), 0);
  const started = sum((arm) => arm.started);
  return {
    started,
    completed: sum((arm) => arm.completed),
    stalled: sum((arm) => arm.stalled.count),
    servedPerStarted: ((await server.countServed()) - servedBefore) / started,
    // Of two halves of the same load, the mean is as good as that of both.
    handshakeP50Us: sum((arm) => arm.handshakeUs.p50) / arms.length,
    handshakeP99Us: sum((arm) => arm.handshakeUs.p99) / arms.length,
    isLimited: summaries.some(({ verdict }) => verdict.generatorLimited),
    ...cost,
  };
}

function listRuns(name) {
  try {
    return readdirSync(join(dir, name)).filter((entry) => /^\d{8}-\d{6}-web(-\d+)?$/.test(entry));
  } catch {
    return [];
  }
}

function newFolder(name, before) {
  const found = listRuns(name).find((entry) => !before.has(entry));
  return found === undefined ? undefined : join(dir, name, found);
}

async function until(hasHappened) {
  const deadlineMs = performance.now() + LONGEST_MS;
  while (!(await hasHappened())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not happen: ${hasHappened}`);
    await sleep(50);
  }
}

function median(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
