/**
 * A fleet of simulated probes in one process or several (bench/fleet-probes.mjs), each the real one but for its load: it has a
 * connection of its own, takes a real order, and sends a folder to which a second of a recorded run is added once a second. A
 * real nats-server and a real `rushhour fleet run` are at the other end. Says what that costs, and what 10,000 probes would come to.
 *
 *   node bench/fleet-scale.mjs --probes 1000 --seconds 30 --processes 2
 */
import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { connectFleet } from '../dist/fleet/connect.js';
import { readCredentials } from '../dist/fleet/credentials.js';
import { readProbes } from '../dist/fleet/operator/read-probes.js';
import { provideStreams } from '../dist/fleet/operator/streams.js';
import { measureRoom, prepareFleetFolder } from '../dist/fleet/server/fleet-folder.js';
import { findNatsServer, startNatsServer } from '../dist/fleet/server/nats-server.js';
import { changeSettings } from '../dist/fleet/server/settings.js';
import { readCpuSec } from './cpu.mjs';
import { planFleet } from './fleet-plan.mjs';
import { freePorts } from './fleet-ports.mjs';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const SAMPLE_EVERY_MS = 1_000;
const AHEAD_MS = 30_000;
const AHEAD_MS_PER_PROBE = 30;
/** The operator waits for everything: one that has not got it so long after the load is ended, and what there is received anew. */
const LONGEST_AFTER_SEC = 120;

const { values } = parseArgs({
  options: {
    probes: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    processes: { type: 'string', default: '1' },
    sample: { type: 'string', default: join(ROOT, 'results/samples/20261121-052056-steady') },
    json: { type: 'boolean', default: false },
  },
});
const probes = Math.min(2_000, Math.max(1, Number(values.probes)));
const seconds = Math.min(300, Math.max(5, Number(values.seconds)));
const processes = Math.min(8, Math.max(1, Number(values.processes)));
const ids = Array.from({ length: probes }, (_, index) => `p-${String(index).padStart(4, '0')}`);
const dir = await mkdtemp(join(tmpdir(), 'rushhour-fleet-scale-'));
const say = (line) => process.stderr.write(`${line}\n`);

async function startServer() {
  const [port, monitorPort] = await freePorts(2);
  const fleetDir = join(dir, 'fleet');
  mkdirSync(fleetDir);
  const settings = await changeSettings(fleetDir, { port });
  const storeBytes = await measureRoom(fleetDir);
  const folder = await prepareFleetFolder({
    dir: fleetDir,
    settings,
    probes: ids,
    storeBytes,
    nowMs: Date.now(),
  });
  // What the server says of itself, for this bench alone.
  const config = { ...JSON.parse(readFileSync(folder.configFile, 'utf8')), http: `127.0.0.1:${monitorPort}` };
  writeFileSync(folder.configFile, JSON.stringify(config));
  const server = await startNatsServer(findNatsServer(process.env.PATH ?? ''), folder.configFile);
  const ask = async (path) => (await fetch(`http://127.0.0.1:${monitorPort}/${path}`)).json();
  return { folder, server, ask, fleetDir };
}

/** Consumers of the runs that are not a probe's own: what waits for the operator. */
async function sampleServer(ask, pid) {
  const [varz, jsz] = await Promise.all([ask('varz'), ask('jsz?streams=1&consumers=1')]);
  const streams = jsz.account_details?.flatMap(({ stream_detail = [] }) => stream_detail) ?? [];
  const runs = streams.find(({ name }) => name === 'RUSHHOUR_RUNS');
  const lag = Math.max(0, ...(runs?.consumer_detail ?? []).map(({ num_pending: waiting }) => waiting));
  return {
    ...{ atMs: Date.now(), cpuSec: readCpuSec(pid), rssBytes: varz.mem, connections: varz.connections },
    ...{
      inMessages: varz.in_msgs,
      inBytes: varz.in_bytes,
      outMessages: varz.out_msgs,
      slow: varz.slow_consumers,
    },
    ...{ runMessages: runs?.state.messages ?? 0, runBytes: runs?.state.bytes ?? 0, lagMessages: lag },
    storedBytes: streams.reduce((sum, { state }) => sum + state.bytes, 0),
  };
}

function diskBytes(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0);
}

const percentile = (all, share) => all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) * share)] ?? 0;

const { folder, server, ask, fleetDir } = await startServer();
/** Processes of simulated probes. */
const children = [];
try {
  const operator = await connectFleet(await readCredentials(folder.operatorFile), { isPatient: true });
  let began = performance.now();
  await provideStreams(operator, ids);
  say(`streams and ${probes} consumers made in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  began = performance.now();
  for (let index = 0; index < processes; index += 1) {
    const own = ids.filter((_, at) => at % processes === index);
    const files = own.map((id) => [id, folder.probeFiles.get(id)]);
    const given = JSON.stringify({ files, dir, seconds, sample: values.sample });
    children.push(fork(join(import.meta.dirname, 'fleet-probes.mjs'), [given]));
  }
  let present = 0;
  while (present < probes) {
    await sleep(500);
    present = (await readProbes(operator, Date.now())).filter(({ isPresent }) => isPresent).length;
  }
  say(`${present} probes connected and present in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  const idle = await sampleServer(ask, server.process.pid);
  await sleep(10_000);
  const idleEnd = await sampleServer(ask, server.process.pid);

  began = performance.now();
  const results = join(dir, 'results');
  const args = [MAIN, 'fleet', 'run', 'quickstart', '--rate', '100', '-t', `${seconds}s`, '--json'];
  // Probes of one process judge an order one after the other: those of a fleet do so at once.
  const startsAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + AHEAD_MS + probes * AHEAD_MS_PER_PROBE);
  args.push('--at', startsAt.toISOString().replace('.000', ''));
  const follower = spawn(process.execPath, [...args, '--fleet', fleetDir, '--results', results], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const longestMs = startsAt.getTime() - Date.now() + (seconds + LONGEST_AFTER_SEC) * 1_000;
  // It would wait for ever for probes that ended with this process.
  process.once('exit', () => follower.kill('SIGKILL'));
  const timer = setTimeout(() => follower.kill('SIGKILL'), longestMs);
  let [out, told, orderedSec] = ['', '', 0];
  follower.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  follower.stderr.setEncoding('utf8').on('data', (text) => {
    told += text;
    if (orderedSec === 0 && told.includes('ordered from')) orderedSec = (performance.now() - began) / 1_000;
  });
  const ended = new Promise((resolve) => follower.once('close', resolve));
  /** What another operator receives within some seconds, after the first was ended. */
  const pullWhatThereIs = async () => {
    const id = /(\S+): ordered from/.exec(told)?.[1];
    if (id === undefined) throw new Error(`fleet run: ${told}`);
    say(told.slice(-2_000));
    const pull = [
      MAIN,
      'fleet',
      'pull',
      id,
      '--no-wait',
      '--json',
      '--fleet',
      fleetDir,
      '--results',
      results,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, pull, { maxBuffer: 2 ** 28 }).catch(
      (error) => error,
    );
    return stdout;
  };
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const samples = [];
  let [operatorCpuSec, operatorRssKiB] = [0, 0];
  while (!isOver) {
    samples.push({
      ...(await sampleServer(ask, server.process.pid)),
      ownCpuSec: children.reduce((sum, { pid }) => sum + readCpuSec(pid), 0),
    });
    operatorCpuSec = Math.max(operatorCpuSec, readCpuSec(follower.pid));
    const status = isOver ? '' : readFileSync(`/proc/${follower.pid}/status`, 'utf8');
    operatorRssKiB = Math.max(operatorRssKiB, Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    await sleep(SAMPLE_EVERY_MS);
  }
  clearTimeout(timer);
  const code = await ended;
  const run = JSON.parse(out === '' ? await pullWhatThereIs() : out);
  const whole = run.parts.filter(
    ({ copy }) => copy?.hasEnded && copy.missing.length === 0 && copy.differing.length === 0,
  );
  const frames = whole.reduce(
    (sum, { probe }) => sum + countLines(join(results, `${run.id}-${probe}`, 'frames.jsonl')),
    0,
  );
  const { startsAtMs } = run;
  const lateMs = await endProbes();
  const during = samples.filter(({ atMs }) => atMs >= startsAtMs && atMs <= startsAtMs + seconds * 1_000);
  const rate = (key) => ratePerSec(during, key);
  const last = samples.at(-1);
  const figures = {
    ...{
      probes,
      processes,
      seconds,
      exitCode: code,
      absent: run.absent.length,
      whole: whole.length,
      frames,
      framesMeant: probes * seconds,
    },
    outcomes: countBy(run.parts.map(outcomeOf)),
    machine: { cpus: cpus().length, model: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 2 ** 30) },
    idle: {
      serverCores: (idleEnd.cpuSec - idle.cpuSec) / ((idleEnd.atMs - idle.atMs) / 1_000),
      serverRssMiB: idleEnd.rssBytes / 2 ** 20,
    },
    run: {
      orderedSec,
      wallSec: (performance.now() - began) / 1_000,
      ...{ serverCores: rate('cpuSec'), probesCores: rate('ownCpuSec') },
      serverRssMiB: Math.max(...samples.map(({ rssBytes }) => rssBytes)) / 2 ** 20,
      ...{ messagesPerSec: rate('runMessages'), bytesPerSec: rate('runBytes') },
      ...{ inMessagesPerSec: rate('inMessages'), inBytesPerSec: rate('inBytes') },
      lagMessages: {
        p50: percentile(
          during.map((one) => one.lagMessages),
          0.5,
        ),
        max: Math.max(...during.map((one) => one.lagMessages)),
        atEnd: last.lagMessages,
      },
      operator: { cpuSec: operatorCpuSec, rssMiB: operatorRssKiB / 1_024 },
      slowConsumers: last.slow,
    },
    late: { p50Ms: percentile(lateMs, 0.5), p99Ms: percentile(lateMs, 0.99) },
    stored: {
      runMessages: last.runMessages,
      runBytes: last.runBytes,
      diskBytes: diskBytes(join(fleetDir, 'jetstream')),
    },
  };
  console.log(JSON.stringify(figures, null, 2));
  if (!values.json) console.log(planFleet(figures));
  if (whole.length < probes) say(told.slice(-2_000));
  process.exitCode = whole.length === probes ? 0 : 3;
} finally {
  await endProbes();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}
process.exit();

/** @returns how late each simulated second was written, milliseconds; nothing the second time */
async function endProbes() {
  const late = await Promise.all(
    children.splice(0).map(async (child) => {
      const told = new Promise((resolve) => child.once('message', (message) => resolve(message.lateMs)));
      const exited = once(child, 'exit').then(() => []);
      child.send('end', () => {});
      return Promise.race([told, exited]);
    }),
  );
  return late.flat();
}

/** What became of a probe's order, with the reason if it gave one. */
function outcomeOf({ events, copy }) {
  const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused') ?? events.at(-1);
  if (last === undefined) return 'no answer';
  const lacks = [
    ...(copy === undefined || copy.hasEnded ? [] : ['not all has arrived']),
    ...new Set((copy?.missing ?? []).map(({ file }) => `${file} lacks bytes`)),
    ...(copy?.differing ?? []).map((file) => `${file} differs`),
  ];
  return [last.status ?? last.kind, last.why ?? last.reasons?.[0], ...lacks].filter(Boolean).join(': ');
}

function countBy(words) {
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function countLines(file) {
  return readFileSync(file, 'utf8').split('\n').length - 1;
}

function ratePerSec(samples, key) {
  const [first, last] = [samples[0], samples.at(-1)];
  return first === undefined || last === first
    ? 0
    : ((last[key] - first[key]) * 1_000) / (last.atMs - first.atMs);
}
