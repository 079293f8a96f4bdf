import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The lines of a journal, oldest first; the last one may be half a line, if the program was killed while it wrote.
 *
 * @param {string} path
 * @returns {import('./types.d.mts').Entry[]}
 */
export function readJournal(path) {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

/**
 * @param {string} path
 * @param {import('./types.d.mts').Entry} entry
 */
export function appendEntry(path, entry) {
  mkdirSync(dirname(path), { recursive: true });
  // A line that was cut off must not swallow this one.
  const isCut = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, 'utf8').slice(-1));
  appendFileSync(path, `${isCut ? '\n' : ''}${JSON.stringify(entry)}\n`);
}

/**
 * What tells entries of the same cell apart.
 *
 * @param {Pick<import('./types.d.mts').Entry, 'id' | 'argument' | 'sides' | 'session' | 'busy'>} entry
 */
export function keyOf({ id, argument, sides, session, busy }) {
  return JSON.stringify([id, argument, sides, session, busy]);
}

/**
 * Of each cell its last entry that the current rules made, and how many entries others made.
 *
 * @param {readonly import('./types.d.mts').Entry[]} entries
 * @param {string} rules
 */
export function current(entries, rules) {
  const latest = new Map();
  let others = 0;
  for (const entry of entries) {
    if (entry.rules !== rules) others += 1;
    else if (entry.failed === undefined) latest.set(keyOf(entry), entry);
  }
  return { entries: [...latest.values()], others };
}
