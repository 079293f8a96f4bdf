/** What browsers do on the wire: see --help. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKdc } from '../kdc.mjs';
import { arm, firefoxArm } from './arm.mjs';
import chromium from './chromium.mjs';
import { renderTable } from './figures.mjs';
import firefox from './firefox.mjs';
import { ADDRESS, enterOwnNamespace, isInside, prepareNamespace } from './namespace.mjs';
import { readOptions, USAGE } from './options.mjs';
import { startOrigin } from './origin.mjs';
import { playRow } from './play.mjs';
import { addRun, readRuns, summarizeRuns, writeDocs, writeMeasured } from './record.mjs';
import { ROWS } from './rows.mjs';

const BROWSERS = { chromium, firefox, rushhour: arm, 'rushhour-firefox': firefoxArm };
const TOOLS = ['unshare', 'ip', 'nft', 'tcpdump', 'openssl', 'squid', 'krb5kdc', 'kadmin.local', 'kinit'];
const SLOW_RUNS = 3;
const LONG_RUNS = 1;

const say = (text) => console.error(text);

async function main() {
  let options;
  try {
    options = readOptions(process.argv.slice(2), BROWSERS);
  } catch (error) {
    say(`browsers: ${error.message}\n  --help says what there is`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.list) {
    for (const { id, says } of ROWS) console.log(`${id}: ${says}`);
    return 0;
  }
  const lack = whatIsMissing(options.browsers);
  if (lack !== undefined) {
    say(`browsers: ${lack}`);
    return 5;
  }
  if (!isInside()) return enterOwnNamespace();
  const failures = options.table ? 0 : await measure(options);
  const measured = summarizeRuns(readRuns(options.journal));
  if (options.json) console.log(JSON.stringify(measured, undefined, 1));
  else
    for (const [name, { version, rows }] of Object.entries(measured))
      console.log(`\n${name} ${version}\n\n${renderTable(ROWS, rows)}`);
  if (options.write) {
    writeDocs(writeMeasured(measured));
  }
  return failures === 0 ? 0 : 1;
}

function whatIsMissing(browsers) {
  if (process.platform !== 'linux' || process.getuid() !== 0) return 'Linux and root are needed. Use: sudo';
  const tools = [...TOOLS, ...browsers.map(({ command }) => command)];
  const missing = tools.filter((tool) => !has(tool));
  if (missing.length === 0) return undefined;
  return `not installed: ${missing.join(', ')}. --help names Debian's packages.`;
}

function has(tool) {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs what the journal lacks, each row once and then once more, so that what is cut short has all of them. */
async function measure(options) {
  const { browsers, rows, runs, minutes, journal } = options;
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-browsers-'));
  const place = { dir, ...prepareNamespace() };
  const kdc = await startKdc(dir, `HTTP/${ADDRESS}`);
  const origin = await startOrigin(dir, ADDRESS);
  const until = Date.now() + minutes * 60_000;
  const versions = {};
  let failures = 0;
  try {
    for (let round = 1; round <= runs; round += 1) {
      for (const { browser, row } of browsers.flatMap((browser) => rows.map((row) => ({ browser, row })))) {
        versions[browser.name] ??= readVersion(browser.command, dir);
        const version = versions[browser.name];
        const mostRuns = row.isLong ? LONG_RUNS : row.isSlow ? SLOW_RUNS : runs;
        const had = readRuns(journal).filter((run) => isOf(run, browser, version, row)).length;
        if (had >= Math.min(round, mostRuns) || Date.now() > until) continue;
        try {
          const seen = await playRow(row, browser, { ...place, kdc });
          addRun(journal, { browser: browser.name, version, row: row.id, ...seen });
          say(`${browser.name} ${row.id}: ${JSON.stringify(seen)}`);
        } catch (error) {
          failures += 1;
          say(`${browser.name} ${row.id}: not measured: ${error.message}`);
        }
      }
    }
  } finally {
    origin.stop();
    await kdc.stop();
    await rm(dir, { recursive: true, force: true });
  }
  return failures;
}

function isOf(run, browser, version, row) {
  return run.browser === browser.name && run.version === version && run.row === row.id;
}

function readVersion(command, home) {
  const told = execFileSync(command, ['--version'], {
    ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    env: { ...process.env, HOME: home },
  });
  return /\d+(\.\d+)+\w*/.exec(told)?.[0] ?? told.trim();
}

process.exitCode = await main();
// Whatever a browser left open must not keep this from ending.
process.exit();
