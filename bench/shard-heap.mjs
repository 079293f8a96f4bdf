/** Runs one shard in this very thread, as a worker would, and looks at the heap from within. For allocation.mjs. */
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { fitLine, median } from './figures.mjs';

/** Connections between two looks at the heap: few enough that most windows lie between two reports. */
const WINDOW = 1_000;
/** Windows left out of the figures: code is being compiled. */
const WARM_UP = 50;

const [port, connections, dist] = process.argv.slice(2);
const load = (path) => import(join(dist, path));
const [{ runShard }, { createRawEngine }, { scenarioForHit }] = await Promise.all(
  ['worker/shard.js', 'engine/raw/engine.js', 'scenario/hit.js'].map(load),
);

const { arms } = scenarioForHit({
  url: `http://127.0.0.1:${port}/`,
  requests: Number(connections),
  concurrency: 100,
});
const endpoints = [{ family: 4, address: '127.0.0.1', port: Number(port) }];
const plan = {
  ...{ index: 0, count: 1, engine: 'raw', maxOpen: 1_000, maxLatenessUs: 1e6, drainUs: 5e6 },
  arms: [{ arm: arms[0], endpoints, sources: [] }],
};
const looks = new Float64Array(3 * (Math.ceil(Number(connections) / WINDOW) + 1));
let settled = 0;

/** Heap, time and resident memory, into memory that was there before. */
function look() {
  const at = (3 * settled) / WINDOW;
  looks[at] = getHeapStatistics().used_heap_size;
  looks[at + 1] = performance.now();
  looks[at + 2] = process.memoryUsage.rss();
}

function createEngine(options) {
  const { established, settled: tellSettled } = options.observer;
  const observer = {
    established,
    settled(record) {
      tellSettled(record);
      settled += 1;
      if (settled % WINDOW === 0) look();
    },
  };
  return createRawEngine({ ...options, observer });
}

const { port1, port2 } = new MessageChannel();
let originMs = 0;
port1.on('message', ({ kind }) => {
  if (kind !== 'ready') return;
  originMs = performance.now();
  port1.postMessage({ kind: 'start', atEpochMs: performance.timeOrigin + originMs });
});
await runShard(plan, createEngine, port2);
report();
process.exit();

/** Windows as [milliseconds, bytes], without those in which garbage was collected or a second reported. */
function listWindows() {
  const windows = [];
  const secondOf = (at) => Math.floor((looks[at + 1] - originMs) / 1_000);
  for (let at = 3 * (WARM_UP + 1); at + 2 < looks.length && looks[at] > 0; at += 3) {
    const bytes = looks[at] - looks[at - 3];
    if (bytes >= 0 && secondOf(at) === secondOf(at - 3)) windows.push([looks[at + 1] - looks[at - 2], bytes]);
  }
  return windows;
}

function report() {
  const windows = listWindows();
  const bytes = windows.map(([, grown]) => grown / WINDOW);
  const { slope, intercept } = fitLine(windows);
  const resident = [...looks]
    .filter((_, index) => index % 3 === 2)
    .filter((size, index) => size > 0 && index > WARM_UP);
  const half = resident.length >> 1;
  const mebibytes = (sizes) => (median(sizes) / 2 ** 20).toFixed(1);
  const seconds = (performance.now() - originMs) / 1e3;
  console.log(`${settled} connections in ${seconds.toFixed(1)} s, ${(settled / seconds).toFixed(0)}/s`);
  console.log(`heap taken, over ${windows.length} windows of ${WINDOW} connections without a report:`);
  console.log(`  ${median(bytes).toFixed(1)} bytes a connection, all told (median)`);
  console.log(`  of which ${(intercept / WINDOW).toFixed(1)} bytes by the connection itself,`);
  console.log(`  and ${slope.toFixed(0)} bytes by each millisecond that passes (turns of Node's own loop)`);
  console.log(
    `resident: ${mebibytes(resident.slice(0, half))} MiB in the first half, ${mebibytes(resident.slice(half))} MiB in the second`,
  );
}
