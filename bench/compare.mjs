// What `rushhour compare` can be trusted with, and what it costs.
//
//   node bench/compare.mjs speed             two 8-hour runs of three arms, synthesised: time and memory
//   node bench/compare.mjs coverage [PAIRS]  simulated pairs of known truth: coverage, false alarms (default 2000)
//   node bench/compare.mjs alarms [PAIRS]    false alarms in short runs, by the length of bursts (default 1000)
//   node bench/compare.mjs power [PAIRS]     chance that a difference is told, by its size (default 500)
//
// Tables are Markdown, as docs/comparing.md has them. Needs dist/ (npm run build).

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../dist/random.js';
import { bursts, evaluate, SETTINGS, steady } from './clustered.mjs';

const DIST = new URL('../dist/', import.meta.url);
const load = (path) => import(new URL(path, DIST).href);

const SECONDS = 8 * 3_600;
const ARMS = { stress: 400, 'reset-control': 100, 'slow-control': 10 };

const [what = '', pairsText] = process.argv.slice(2);
if (what === 'speed') await measureSpeed();
else if (what === 'coverage') await printCoverage(Number(pairsText ?? 2_000));
else if (what === 'alarms') await printAlarms(Number(pairsText ?? 1_000));
else if (what === 'power') await printPower(Number(pairsText ?? 500));
else {
  process.stderr.write('usage: node bench/compare.mjs speed | coverage | alarms | power [PAIRS]\n');
  process.exitCode = 2;
}

/** Compares simulated runs as the command does those that it has read. */
async function createCompare() {
  const [{ ArmCells }, { compareRuns }] = await Promise.all([
    load('analysis/compare/cells.js'),
    load('analysis/compare/compare.js'),
  ]);
  const courseOf = (id, { started, stalled }) => {
    const cells = new ArmCells();
    started.forEach((count, second) => {
      cells.open(second);
      cells.add('scheduled', second, count);
      cells.add('started', second, count);
      cells.add('stalled', second, stalled[second]);
      cells.add('completed', second, count - stalled[second]);
    });
    const total = started.reduce((sum, count) => sum + count, 0);
    const summary = { started: total, achievedPerSec: total / started.length };
    const run = { id, status: 'complete', startedAt: '', endedAt: '', engine: 'raw', stallsByTcpInfo: true };
    const facts = { run, scenario: { name: 's', arms: [] }, versions: {}, host: {}, generatorLimited: false };
    return { facts, arms: new Map([['stress', { summary, cells, times: new Map() }]]) };
  };
  return (before, after) => {
    const { lines } = compareRuns(
      before.map((run, index) => courseOf(`before${index}`, run)),
      after.map((run, index) => courseOf(`after${index}`, run)),
    );
    const line = lines.find(({ figure }) => figure === 'stalled.rate');
    return {
      low: line.ci95[0] ?? -1,
      high: line.ci95[1] ?? 1,
      verdict: line.verdict,
      isFalseAlarm: lines.some(({ verdict }) => verdict === 'better' || verdict === 'worse'),
      smallest: line.smallestDifference,
    };
  };
}

async function printCoverage(pairs) {
  const compare = await createCompare();
  print('| stalls | true rates | covered | too high | too low | told | mean width |');
  print('|---|---|---:|---:|---:|---:|---:|');
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const { coverage, above, below, told, alarms, isSame, width } = evaluate(setting, pairs, 1, compare);
    const truth = `${percent(setting.before.rate)}, ${percent(setting.after.rate)}`;
    const said = isSame ? `${percent(alarms)} (false)` : percent(told);
    print(
      `| ${name} | ${truth} | ${percent(coverage)} | ${percent(above)} | ${percent(below)} | ${said} | ${(width * 100).toPrecision(2)} points |`,
    );
  }
}

/** How long a run has to be for bursts not to be taken for a change. */
async function printAlarms(pairs) {
  const compare = await createCompare();
  const lengths = [20, 30, 60, 120, 300];
  const kinds = { singly: steady(0.002), 'in bursts of 2 s, 28 s apart': bursts(2, 28, 0.15, 0) };
  for (const [on, off] of [
    [5, 25],
    [5, 10],
    [10, 50],
    [20, 60],
  ]) {
    kinds[`in bursts of ${on} s, ${off} s apart`] = bursts(on, off, 0.1, 0);
  }
  print(`| stalls come | ${lengths.map((seconds) => `${seconds} s`).join(' | ')} |`);
  print(`|---|${lengths.map(() => '---:').join('|')}|`);
  for (const [kind, shape] of Object.entries(kinds)) {
    const shares = lengths.map((seconds) => {
      const setting = { seconds, perSec: 500, before: shape, after: shape };
      return percent(evaluate(setting, pairs, 1, compare).alarms);
    });
    print(`| ${kind} | ${shares.join(' | ')} |`);
  }
}

/** Stalls of 1 % before, half of them after, and so on: chance that a pair tells. */
async function printPower(pairs) {
  const compare = await createCompare();
  const ratios = [1, 0.75, 0.5, 0.25, 0.1, 0];
  const kinds = [
    ['singly', (rate) => steady(rate)],
    ['in bursts of 2 s, 28 s apart', (rate) => bursts(2, 28, rate * 15, 0)],
    ['in bursts of 10 s, 50 s apart', (rate) => bursts(10, 50, rate * 6, 0)],
  ];
  print(
    `| stalls come | 500/s for | ${ratios.map((ratio) => `${percent(0.01)} -> ${percent(0.01 * ratio)}`).join(' | ')} | smallest named |`,
  );
  print(`|---|---|${ratios.map(() => '---:').join('|')}|---:|`);
  for (const [kind, shape] of kinds) {
    for (const seconds of [30, 60, 300, 900, 3_600]) {
      const smallest = [];
      const said = ratios.map((ratio) => {
        const setting = { seconds, perSec: 500, before: shape(0.01), after: shape(0.01 * ratio) };
        const { told } = evaluate(setting, pairs, 1, (before, after) => {
          const judged = compare(before, after);
          if (ratio === 1 && judged.smallest !== null) smallest.push(judged.smallest);
          return judged;
        });
        return percent(told);
      });
      smallest.sort((a, b) => a - b);
      const median = smallest[Math.floor(smallest.length / 2)];
      print(
        `| ${kind} | ${seconds} s | ${said.join(' | ')} | ${((median ?? 1) * 100).toPrecision(2)} points |`,
      );
    }
  }
}

async function measureSpeed() {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-bench-compare-'));
  try {
    for (const [index, name] of ['before', 'after'].entries()) await writeRun(dir, name, index);
    for (let round = 1; round <= 3; round += 1) {
      const { seconds, megabytes, sentence } = await timeCompare(dir);
      print(`round ${round}: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB at most; ${sentence}`);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A folder as a run of 8 hours leaves it. Histograms are drawn from a few dozen: encoding them all would take minutes. */
async function writeRun(dir, name, index) {
  const [
    { createHistogram, encodeHistogram, recordUs },
    { formatLogHead, formatLogSecond },
    { rebuildSummary },
  ] = await Promise.all([
    load('metrics/histogram.js'),
    load('store/latency-log.js'),
    load('read/summary.js'),
  ]);
  const folder = join(dir, name);
  mkdirSync(folder);
  const random = createRandom(index + 1);
  const pools = Object.fromEntries(
    Object.entries(ARMS).map(([arm, perSec]) => [
      arm,
      Array.from({ length: 40 }, () => {
        const histogram = createHistogram();
        for (let count = 0; count < perSec; count += 1) recordUs(histogram, 200 * Math.exp(random() * 4));
        return { text: encodeHistogram(histogram), maxUs: histogram.maxValue };
      }),
    ]),
  );
  const pick = (arm) => pools[arm][Math.floor(random() * 40)];
  const startedAt = Date.UTC(2025, 0, 31, 6 + index);
  writeFileSync(join(folder, 'run.json'), JSON.stringify(runJson(name, startedAt)));
  const frames = openSync(join(folder, 'frames.jsonl'), 'w');
  const log = openSync(join(folder, 'latency.hlog'), 'w');
  writeSync(log, formatLogHead(startedAt));
  const stalls = Object.fromEntries(
    Object.keys(ARMS).map((arm) => [arm, bursts(5, 55, 0.05, 0).shape(random, SECONDS)]),
  );
  for (let second = 0; second < SECONDS; second += 1) {
    const series = {};
    const histograms = new Map([['lateness', pick('slow-control')]]);
    for (const [arm, perSec] of Object.entries(ARMS)) {
      const stalled = arm === 'stress' && index === 0 ? Math.round(perSec * stalls[arm][second]) : 0;
      series[arm] = countsOf(perSec, stalled, second);
      for (const timed of ['handshake', 'firstByte', 'total']) {
        histograms.set(`${arm}.${timed}`, pick(arm));
        histograms.set(`${arm}.${timed}-service`, pick(arm));
      }
    }
    writeSync(log, formatLogSecond(second, histograms));
    writeSync(frames, `${JSON.stringify({ second, series, open: 0, stallsLeftOut: 0 })}\n`);
  }
  closeSync(frames);
  closeSync(log);
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(await rebuildSummary(folder)));
}

function countsOf(perSec, stalled, second) {
  const endpoint = { started: perSec, established: perSec, completed: perSec, stalled };
  return {
    ...{ scheduled: perSec, started: perSec, unsent: 0, established: perSec, completed: perSec },
    ...{ recovered: stalled, frozen: 0, unresolved: 0, healed: 0, slow: 0, bytes: perSec * 1_147 },
    ...{ firstBegunUs: second * 1e6, lastBegunUs: second * 1e6 + 999_000, lastEndUs: second * 1e6 + 999_500 },
    synRetransmits: stalled === 0 ? { 0: perSec } : { 0: perSec - stalled, 1: stalled },
    outcomes: { ok: perSec },
    stalledBySecond: stalled === 0 ? {} : { [second]: stalled },
    byReuseAge: {
      ...{ 2371: { attempts: perSec - 2, stalled: 0 }, 2610: { attempts: 1, stalled: 0 } },
      ...{ 2873: { attempts: 1, stalled: 0 } },
    },
    endpoints: { '10.20.0.2:3128': endpoint },
  };
}

function runJson(name, startedAt) {
  const arm = (armName, ratePerSec) => ({
    name: armName,
    via: 'tcp',
    target: { host: '10.20.0.2', port: 3128, path: '' },
    request: { method: 'GET', version: '1.1', headers: [], body: '' },
    expect: { kind: 'established' },
    load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs: SECONDS * 1e6 }] },
    ...{ handshakeTimeoutUs: 10e6, responseTimeoutUs: 15e6, stallAfterUs: 900_000 },
    ...{ close: 'peer', holdUs: 0, socket: { bind: [] } },
  });
  return {
    schema: 1,
    id: name,
    status: 'complete',
    process: { pid: 1, bootId: '', startTicks: '' },
    scenario: {
      ...{ schema: 1, name: 'nat-recycle', description: '', farEnd: 'none', pass: [], findings: [] },
      arms: Object.entries(ARMS).map(([armName, perSec]) => arm(armName, perSec)),
    },
    ...{ label: name, engine: 'raw', stallsByTcpInfo: true, workers: 1, endpoints: {}, command: [] },
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(startedAt + SECONDS * 1_000).toISOString(),
    versions: { rushhour: '0.1.0', node: '20.19.0' },
    host: {},
  };
}

/** The whole command, start of Node included; its peak memory is what it says of itself as it ends. */
async function timeCompare(dir) {
  const tell = 'process.on("exit",()=>process.stderr.write("maxRSS "+process.resourceUsage().maxRSS))';
  const main = fileURLToPath(new URL('cli/main.js', DIST));
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${tell}`, main, 'compare', 'before', 'after', '--results', dir],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (texts.out += chunk));
  child.stderr.on('data', (chunk) => (texts.err += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - begun) / 1_000;
  const kilobytes = Number(/maxRSS (\d+)/.exec(texts.err)?.[1] ?? Number.NaN);
  return { seconds, megabytes: kilobytes / 1_000, sentence: texts.out.split('\n', 1)[0] || texts.err };
}

function percent(share) {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
