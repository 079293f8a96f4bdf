import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { median } from '../figures.mjs';
import { hit } from '../hit.mjs';

const RATE_PER_SEC = 5_000;

/** How late a thread that only looks at the clock sees a start fall due, 99 of 100 times: no pacer can do better. */
function spin(forMs) {
  const lateMs = new Float64Array((forMs * RATE_PER_SEC) / 1_000);
  const beganMs = performance.now();
  for (let next = 0; next < lateMs.length; ) {
    const dueMs = beganMs + (next * 1_000) / RATE_PER_SEC;
    const nowMs = performance.now();
    if (nowMs < dueMs) continue;
    lateMs[next] = nowMs - dueMs;
    next += 1;
  }
  return lateMs.sort()[Math.floor(0.99 * lateMs.length)];
}

/**
 * The p99 of each second apart, and of those the median: machines of which others have a share stop now and then, and what
 * falls due meanwhile is late whoever is to start it.
 */
async function readMedianSecondMs(folder) {
  const log = await readFile(join(folder, 'latency.hlog'), 'utf8');
  const lines = log.split('\n').filter((line) => line.startsWith('Tag=lateness,'));
  const p99 = lines.map((line) =>
    decodeFromCompressedBase64(line.split(',').at(-1)).getValueAtPercentile(99),
  );
  return median(p99) / 1_000;
}

/** Open loop at a constant rate, as wrk2 schedules it: how late attempts start, in units of a millisecond. */
export const lateness = {
  name: 'lateness',
  about: `open loop at ${RATE_PER_SEC}/s, p99 of late starts in milliseconds; unsent in parts of all`,
  better: 'less',
  async *measure({ quick, scratch, server }) {
    const seconds = quick ? 5 : 60;
    yield ['machine alone, p99 ms', spin(Math.min(5, seconds) * 1_000)];
    const load = ['--rate', String(RATE_PER_SEC), '-t', String(seconds), '--workers', '1'];
    const { arm, summary } = await hit([server.url, ...load], { scratch });
    yield ['rushhour, p99 ms', summary.latenessUs.p99 / 1_000];
    yield ['rushhour, p99 ms of the median second', await readMedianSecondMs(join(scratch, summary.run.id))];
    yield ['rushhour, unsent', arm.unsent / arm.scheduled];
  },
};
