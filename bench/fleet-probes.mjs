/**
 * Simulated probes of bench/fleet-scale.mjs, in a process of their own: each the real one but for its load. Started by fork, it is
 * told `end` once all is over, and then says how late it wrote each second.
 */
import { setMaxListeners } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHostFacts } from '../dist/doctor/read-host-facts.js';
import { readCredentials } from '../dist/fleet/credentials.js';
import { parsePolicy } from '../dist/fleet/policy/read-policy.js';
import { runProbe } from '../dist/fleet/probe/probe.js';

/** @type {{ files: [string, string][], dir: string, seconds: number, sample: string }} files of credentials by id; a recorded run */
const { files, dir, seconds, sample } = JSON.parse(process.argv[2] ?? '');

/** What a probe adds to each file of its folder in a second, from a recorded run; headers come with the first. */
const recorded = readRecorded(sample);
/** How late each simulated second was written, milliseconds: beyond some hundred this process is the bottleneck. */
const lateMs = [];
/** Each probe has one of its own, as in a process of its own: a thousand that listen to one take long to be listed. */
const endings = [];
const running = [];

const ended = new Promise((resolve) => {
  process.once('message', resolve);
  process.once('disconnect', resolve);
});
const policy = parsePolicy('schema: 1\nembedded: true\nrate: 100000\nattempts: 50000000\n', 'policy');
const host = await readHostFacts();
for (const [id, file] of files) {
  const ending = new AbortController();
  // It listens to it several times.
  setMaxListeners(0, ending.signal);
  endings.push(ending);
  const options = {
    ...{ id, readPolicy: async () => policy, host, credentials: await readCredentials(file), say: () => {} },
    ...{ stateDir: join(dir, 'state', id), resultsDir: join(dir, 'probes', id), version: 'simulated' },
    ...{ command: ['probe'], startSession: playRecorded },
    ...{ readHost: readHostFacts, keepUnsentBytes: 2_000_000_000, keepSentMs: undefined },
  };
  running.push(runProbe(options, ending.signal));
}
await ended;
for (const ending of endings) ending.abort();
await Promise.allSettled(running);
if (process.connected) process.send?.({ lateMs }, () => process.exit());
else process.exit();

function readRecorded(folder) {
  const lines = (file) => readFileSync(join(folder, file), 'utf8').split(/(?<=\n)/);
  const frames = lines('frames.jsonl');
  const share = (file) => {
    const all = lines(file);
    return frames.map((_, second) => {
      const [from, to] = [second, second + 1].map((at) => Math.round((at * all.length) / frames.length));
      return all.slice(from, to).join('');
    });
  };
  const growing = {
    'frames.jsonl': frames,
    'latency.hlog': share('latency.hlog'),
    'stalls.jsonl': share('stalls.jsonl'),
  };
  const whole = (file) => readFileSync(join(folder, file), 'utf8');
  return { growing, info: JSON.parse(whole('run.json')), summary: JSON.parse(whole('summary.json')) };
}

/** A run as far as a probe sees it: a folder that grows by a second each second. */
async function playRecorded(options) {
  const startsAtMs = options.startsAtMs;
  const id = `${new Date(startsAtMs).toISOString().replace(/\D/g, '').slice(0, 14)}-recorded`;
  const folder = join(options.resultsDir, id);
  mkdirSync(folder, { recursive: true });
  const info = {
    ...recorded.info,
    id,
    label: options.label,
    status: 'running',
    startedAt: new Date(startsAtMs).toISOString(),
  };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(info));
  let isStopped = false;
  const play = async () => {
    for (let second = 0; second < seconds && !isStopped; second += 1) {
      const dueMs = startsAtMs + (second + 1) * 1_000;
      await sleep(Math.max(0, dueMs - Date.now()));
      lateMs.push(Date.now() - dueMs);
      for (const [file, parts] of Object.entries(recorded.growing)) {
        appendFileSync(join(folder, file), parts[second % parts.length]);
      }
    }
    const status = isStopped ? 'interrupted' : 'complete';
    writeFileSync(
      join(folder, 'run.json'),
      JSON.stringify({ ...info, status, endedAt: new Date().toISOString() }),
    );
    const summary = { ...recorded.summary, run: { ...recorded.summary.run, id, status } };
    writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
    return { plan: { id, dir: folder }, summary };
  };
  return {
    ...{ plan: { id, dir: folder }, finished: play(), sinkAway: () => () => {} },
    stop() {
      isStopped = true;
    },
  };
}
