/**
 * Makes a fixture of what a run of the matrix saw, for test/analysis/causes/cells.test.ts:
 *
 *   npm run confusion -- --only random-loss --seeds 1 --session fixed --keep /tmp/kept
 *   node bench/confusion/fixture.mjs /tmp/kept/random-loss-1-both-near random-loss [near|both]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { observeRun } from '../../dist/read/diagnosis.js';

const CELLS = join(import.meta.dirname, '../../test/analysis/causes/cells');

/** Counts of a second as pairs, and without those that are nought. */
function slim(series) {
  const { firstBegunUs, lastBegunUs } = series.counts;
  const bySecond = [...series.bySecond].map(([second, counts]) => [
    second,
    Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
  ]);
  return { counts: { firstBegunUs, lastBegunUs }, bySecond };
}

const [dir, name, sides = 'both'] = process.argv.slice(2);
if (dir === undefined || name === undefined) {
  console.error('Usage: node bench/confusion/fixture.mjs RUN NAME [near|both]');
  process.exitCode = 2;
} else {
  const { seen } = await observeRun(dir, sides);
  const { arms, ...rest } = seen;
  // A line for all that belongs to no arm, and one for each arm.
  const lines = [rest, ...arms.map((arm) => ({ ...arm, series: slim(arm.series) }))];
  mkdirSync(CELLS, { recursive: true });
  writeFileSync(join(CELLS, `${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
