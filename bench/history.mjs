import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';

/**
 * One bench: a line of the history.
 *
 * @typedef {{ median: number, low: number, high: number, better: 'more' | 'less' }} Figure
 * @typedef {{ at: string, version: string, machine: string, quick: boolean, figures: Record<string, Figure> }} Entry
 */

/** Figures of another machine, kernel or Node are no yardstick. */
export function fingerprint() {
  const facts = [
    cpus()[0]?.model,
    cpus().length,
    Math.round(totalmem() / 2 ** 30),
    release(),
    process.version,
  ];
  return createHash('sha256').update(facts.join('|')).digest('hex').slice(0, 12);
}

/** @returns {Promise<Entry | undefined>} the last entry that this one can be held against */
export async function readPrevious(file, { machine, quick }) {
  const text = await readFile(file, 'utf8').catch(() => '');
  const entries = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return entries.findLast((entry) => entry.machine === machine && entry.quick === quick);
}

export const append = (file, entry) => appendFile(file, `${JSON.stringify(entry)}\n`);

/**
 * What became worse or better by more than the repetitions of either differ among themselves: ranges that do not meet,
 * even if each is widened by as much as it spans. One repetition has no range, and nothing is said of it.
 *
 * @param {Entry} before
 * @param {Entry} after
 * @returns {{ name: string, was: number, is: number, isWorse: boolean }[]}
 */
export function compare(before, after) {
  return Object.entries(after.figures).flatMap(([name, is]) => {
    const was = before.figures[name];
    if (was === undefined || was.low === was.high || is.low === is.high) return [];
    const margin = was.high - was.low + (is.high - is.low);
    if (is.low - margin <= was.high && was.low - margin <= is.high) return [];
    return [
      { name, was: was.median, is: is.median, isWorse: is.median > was.median === (is.better === 'less') },
    ];
  });
}
