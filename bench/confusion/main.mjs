/** The confusion matrix of the diagnosis: see --help. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireLabHost } from '../../dist/lab/command.js';
import { keepBusy } from './busy.mjs';
import { listCells, listPairs } from './cells.mjs';
import { current, readJournal } from './journal.mjs';
import { readOptions, USAGE } from './options.mjs';
import { runCells } from './run.mjs';
import { renderReport } from './table.mjs';
import { checkTargets } from './targets.mjs';
import { readVersion } from './version.mjs';

const DOCS = join(import.meta.dirname, '../../docs/diagnosis.md');
const MARKERS = /(<!-- confusion -->\n)[\s\S]*(<!-- \/confusion -->)/;

const say = (text) => console.error(text);

function fail(error) {
  say(`confusion: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`);
  return error.exitCode ?? 1;
}

async function main() {
  let options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    say(`confusion: ${error.message}\n  --help says what there is`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const cells = listCells(options);
  if (cells.length === 0) {
    say('confusion: no cell is of that name.\n  --list says what there is');
    return 2;
  }
  if (options.list) return list(cells);
  const version = readVersion();
  let isInterrupted = false;
  if (!options.table) isInterrupted = await attemptAll(cells, options, version);
  const { entries, others } = current(readJournal(options.journal), version.rules);
  const own = entries.filter(({ session }) => session === options.session);
  if (others > 0) say(`${others} lines of the journal are of other rules and are left out`);
  if (own.length === 0) {
    say(`confusion: ${options.journal} has no cell of these rules.`);
    return isInterrupted ? 130 : 1;
  }
  const exhaustive =
    options.session === 'adaptive' ? entries.filter(({ session }) => session === 'exhaustive') : [];
  const targets = checkTargets(own, exhaustive);
  const report = renderReport(own, targets, version);
  console.log(report);
  if (options['write-docs']) writeDocs(report);
  if (isInterrupted) return 130;
  return targets.every(({ isMet }) => isMet) ? 0 : 3;
}

function list(cells) {
  for (const { id, argument, causes } of cells)
    console.log(`${id}: ${argument} (${causes.join(', ') || 'healthy'})`);
  for (const { label, why } of listPairs()) if (why !== undefined) console.log(`not ${label}: ${why}`);
  return 0;
}

async function attemptAll(cells, options, version) {
  requireLabHost();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => stop.abort(new Error(signal)));
  const rest = keepBusy(options.busy);
  try {
    const known = readJournal(options.journal);
    const failures = await runCells(cells, options, { known, version, signal: stop.signal, say });
    if (failures > 0) say(`${failures} trials could not be made; start again to make them`);
  } finally {
    rest();
  }
  return stop.signal.aborted;
}

function writeDocs(report) {
  const before = readFileSync(DOCS, 'utf8');
  if (!MARKERS.test(before)) throw new Error(`${DOCS} has no <!-- confusion --> ... <!-- /confusion -->.`);
  writeFileSync(
    DOCS,
    before.replace(MARKERS, (_, open, close) => `${open}\n${report}\n\n${close}`),
  );
}

process.exitCode = await main().catch(fail);
