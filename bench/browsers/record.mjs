/** Where the figures are kept: for the test that holds rushhour to them, and for readers. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderBeside, renderTable, summarize } from './figures.mjs';
import { ROWS } from './rows.mjs';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'test/e2e/browsers/measured.json');
export const DOCS = join(ROOT, 'docs/browsers.md');

/** @param {string} journal of runs, one a line @returns {object[]} */
export function readRuns(journal) {
  if (!existsSync(journal)) return [];
  return readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export function addRun(journal, run) {
  mkdirSync(dirname(journal), { recursive: true });
  appendFileSync(journal, `${JSON.stringify(run)}\n`);
}

/** By browser and row, of the version that was run last. */
export function summarizeRuns(runs) {
  const measured = {};
  for (const name of [...new Set(runs.map(({ browser }) => browser))].sort()) {
    const own = runs.filter(({ browser }) => browser === name);
    const { version } = own.at(-1);
    const rows = ROWS.map(({ id }) => [id, own.filter((run) => run.row === id && run.version === version)]);
    const measuredRows = rows
      .filter(([, seen]) => seen.length > 0)
      .map(([id, seen]) => [id, summarize(seen)]);
    measured[name] = { version, rows: Object.fromEntries(measuredRows) };
  }
  return measured;
}

/** What the arm did is in the docs alone, beside what browsers did. */
const isReal = (name) => !name.startsWith('rushhour');

/** Rows that the same version of a browser has there and the journal lacks stay. @returns all that is there now */
export function writeMeasured(measured) {
  const before = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
  const real = Object.entries(measured)
    .filter(([name]) => isReal(name))
    .map(([name, { version, rows }]) => {
      const kept = before[name]?.version === version ? before[name].rows : {};
      return [name, { version, rows: inOrder({ ...kept, ...rows }) }];
    });
  const all = { ...before, ...Object.fromEntries(real) };
  const text = JSON.stringify(all, undefined, 2);
  // A line for each figure.
  const short = text.replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner) => `[${inner.replace(/\s+/g, ' ')}]`);
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${short}\n`);
  return { ...measured, ...all };
}

const inOrder = (rows) => Object.fromEntries(ROWS.flatMap(({ id }) => (rows[id] ? [[id, rows[id]]] : [])));

export function writeDocs(measured) {
  let text = readFileSync(DOCS, 'utf8');
  const put = (name, content) => {
    text = putBetween(text, name, content);
  };
  const { chromium, rushhour } = measured;
  const classes = ROWS.filter((row) => row.browsers !== undefined);
  if (chromium !== undefined && rushhour !== undefined)
    put('classes', renderBeside(classes, [chromium.rows, rushhour.rows]));
  const alone = ROWS.filter((row) => row.browsers === undefined);
  for (const [name, { version, rows }] of Object.entries(measured).filter(([one]) => isReal(one)))
    put(name, `${name[0].toUpperCase()}${name.slice(1)} ${version}:\n\n${renderTable(alone, rows)}`);
  writeFileSync(DOCS, text);
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
export function putBetween(text, name, content) {
  const markers = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
  if (!markers.test(text)) throw new Error(`There is no <!-- ${name} --> ... <!-- /${name} -->.`);
  return text.replace(markers, (_, open, close) => `${open}\n${content}\n\n${close}`);
}
