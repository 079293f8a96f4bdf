/** Where the figures are kept: for the test that holds rushhour to them, and for readers. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderTable } from './figures.mjs';
import { ROWS } from './rows.mjs';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'test/e2e/browsers/measured.json');
const DOCS = join(ROOT, 'docs/browsers.md');

export function readMeasured() {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
}

/** Rows that were not measured this time stay, unless the browser is another. */
export function keepMeasured(measured) {
  const all = readMeasured();
  for (const [name, { version, rows }] of Object.entries(measured)) {
    const former = all[name]?.version === version ? all[name].rows : {};
    const both = { ...former, ...rows };
    const inOrder = ROWS.filter(({ id }) => both[id] !== undefined).map(({ id }) => [id, both[id]]);
    all[name] = { version, rows: Object.fromEntries(inOrder) };
  }
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(
    FILE,
    `${JSON.stringify(all, undefined, 1).replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner) => `[${inner.replace(/\s+/g, ' ')}]`)}\n`,
  );
}

/** Puts all that is kept into the page of readers. */
export function writeDocs() {
  const all = readMeasured();
  let text = readFileSync(DOCS, 'utf8');
  for (const [name, { version, rows }] of Object.entries(all)) {
    const markers = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
    if (!markers.test(text)) throw new Error(`${DOCS} has no <!-- ${name} --> ... <!-- /${name} -->.`);
    const title = `${name[0].toUpperCase()}${name.slice(1)} ${version}:`;
    text = text.replace(
      markers,
      (_, open, close) => `${open}\n${title}\n\n${renderTable(ROWS, rows)}\n\n${close}`,
    );
  }
  writeFileSync(DOCS, text);
}
