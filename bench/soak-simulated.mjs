// Pushes a night through the store as fast as it goes, and tells what it takes on disk and in memory.
// node --expose-gc bench/soak-simulated.mjs [hours] [arms]
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Night } from './soak-night.mjs';

const dist = new URL('../dist/', import.meta.url).href;
const { createSession } = await import(`${dist}store/session-create.js`);
const { readFrames } = await import(`${dist}store/read-info.js`);

const [hours = 8, armCount = 2] = process.argv.slice(2).map(Number);
const seconds = hours * 3_600;
const arms = Array.from({ length: armCount }, (_, index) => `arm${index}`);
const night = await Night.create(dist, arms);
const results = await mkdtemp(join(tmpdir(), 'rushhour-soak-'));

async function sizeOf(dir) {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

function heapAfterGc() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

try {
  const writer = await createSession(results, night.facts({ windowSec: 60, settleSec: 15 }), console.error);
  const heap = new Map();
  let [windows, frameBytes, started, mostRecent] = [0, 0, 0, 0];
  const begunAt = performance.now();
  for (let second = 0; second < seconds; second += 1) {
    const { frame, histograms, stalls } = night.second(second);
    for (const name of arms) started += frame.series[name].started;
    for (const { window } of await writer.append(frame, histograms, stalls)) {
      windows += 1;
      frameBytes += JSON.stringify(window).length;
    }
    if (second === seconds / 4 || second === seconds - 1) heap.set(second, heapAfterGc());
    if (second % 600 === 599) mostRecent = Math.max(mostRecent, await sizeOf(join(writer.dir, 'recent')));
    if (second % 3_600 === 3_599) {
      const [all, recent] = [await sizeOf(writer.dir), await sizeOf(join(writer.dir, 'recent'))];
      console.log(`hour ${(second + 1) / 3_600}: ${all} bytes, ${recent} of them in recent/`);
    }
  }
  await writer.closeAll();
  const tookMs = performance.now() - begunAt;
  let readBack = 0;
  for await (const { series } of readFrames(writer.dir))
    for (const name of arms) readBack += series[name].started;
  const [early, late] = [...heap.values()];
  console.log({
    ...{ hours, arms: armCount, windows, tookMs: Math.round(tookMs) },
    bytesPerWindowLine: Math.round(frameBytes / windows),
    bytesPerWindow: Math.round(
      ((await sizeOf(writer.dir)) - (await sizeOf(join(writer.dir, 'recent')))) / windows,
    ),
    ...{ mostRecentBytes: mostRecent, total: await sizeOf(writer.dir) },
    heapGrowthBytes: late - early,
    totalsEqual: readBack === started,
  });
} finally {
  await rm(results, { recursive: true, force: true });
}
