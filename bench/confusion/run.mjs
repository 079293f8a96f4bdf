import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { appendEntry, current, keyOf } from './journal.mjs';
import { tryCell } from './trial.mjs';

/**
 * Tries what the journal has not yet, some at once.
 *
 * @param {readonly import('./types.d.mts').Cell[]} cells
 * @param {import('./options.d.mts').Options} options
 * @param {{ known: readonly import('./types.d.mts').Entry[], version: import('./types.d.mts').Version, signal: AbortSignal, say: (text: string) => void, attempt?: typeof tryCell }} how
 * @returns {Promise<number>} how many trials failed for reasons of this machine
 */
export async function runCells(cells, options, { known, version, signal, say, attempt = tryCell }) {
  const { session, busy, jobs, journal, keep, minutes } = options;
  const done = new Set(current(known, version.rules).entries.map(keyOf));
  const trials = cells.flatMap((cell) => {
    const missing = options.sides.filter((sides) => !done.has(keyOf({ ...cell, sides, session, busy })));
    // What a session tries next depends on what it sees; a fixed run shows both sides at once.
    return session === 'fixed' && missing.length > 0
      ? [{ cell, sides: missing }]
      : missing.map((side) => ({ cell, sides: [side] }));
  });
  say(`${trials.length} trials to go`);
  const scratch = prepareScratch();
  const untilMs = performance.now() + minutes * 60_000;
  let [next, failures] = [0, 0];
  const work = async () => {
    while (next < trials.length && !signal.aborted && performance.now() < untilMs) {
      const number = next++;
      const { cell, sides } = trials[number];
      const how = { sides, session, keep, signal, scratch: join(scratch, String(number)) };
      const entries = await attempt(cell, how).catch((error) => {
        if (signal.aborted) return [];
        return sides.map((side) => ({ sides: side, seconds: 0, failed: error.message }));
      });
      for (const entry of entries) {
        if (entry.failed !== undefined) failures += 1;
        appendEntry(journal, { ...cell, ...version, session, busy, ...entry });
        say(`${number + 1}/${trials.length} ${describe(cell, entry)}`);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, trials.length) }, work));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return failures;
}

function describe({ id, argument }, { sides, seconds, failed, class: kind, named, rivals, attempts }) {
  const what =
    failed === undefined
      ? `${kind}: ${named.length > 0 ? `named ${named.join(', ')}` : rivals.length > 0 ? `rivals ${rivals.join(', ')}` : ''}`
      : `could not be tried: ${failed}`;
  return `${id} ${sides} (${argument}) ${attempts ?? 0} attempts, ${seconds} s: ${what}`;
}

const SCRATCH = /^confusion-scratch-(\d+)$/;

/** A folder for runs under way; those of processes that were killed are removed. */
function prepareScratch(folder = 'results') {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const pid = SCRATCH.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
  const scratch = join(process.cwd(), folder, `confusion-scratch-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  return scratch;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
