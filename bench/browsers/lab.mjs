/** A class behind firewalls that misbehave, from Chromium itself and from the browser arm: see --help. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { drawTable, show, spreadOf } from './figures.mjs';
import { addRun, DOCS, putBetween, readRuns } from './record.mjs';

const run = promisify(execFile);
const RUSHHOUR = join(import.meta.dirname, '../../bin/rushhour');
const USAGE = `Usage: node bench/browsers/lab.mjs [options]

Has a class open a portal of 40 objects on 20 hosts through a lab's firewall and a Squid behind it, first as Chromiums and then
as the browser arm, and says what its users saw. Needs Linux, root, and Debian's packages chromium, squid, tcpdump,
nftables, iproute2, openssl.

  --cell NAME,...     of those below (default: all)
  --browser NAME,...  chromium, rushhour (default: both)
  --sec N             how long pages are opened (default: 75)
  --runs N            of each browser in each cell (default: 1)
  --trace DIR         a file of JSON for each run: its pages, and the SYNs and the end of each of its connections
  --journal FILE      a line of JSON for each run (default: results/browsers-lab.jsonl)
  --table             run nothing
  --write             put the table into docs/browsers.md
  --help
`;
const BROWSERS = 5;
const THINK_SEC = 15;
/**
 * How long the far end takes for an answer: until it comes, a page has asked for all of its objects, also on a machine on which that
 * takes a while, so that its connections are those of the page and not those of the machine.
 */
const ANSWER_AFTER_MS = 300;
/** Beyond its pages: the start of browsers, and the last pages. */
const MORE_MS = 150_000;
const FAR_READY_WITHIN_MS = 10_000;

/** Firewalls, and after how long the proxy closes an idle connection: two minutes is Squid's own time. */
const CELLS = [
  { id: 'healthy', says: 'healthy, idle connections kept for 120 s', preset: 'healthy', idleSec: 120 },
  {
    id: 'small-pool',
    says: 'a NAT of 100 ports, idle connections kept for 120 s',
    ...{ preset: 'small-nat-pool:100', idleSec: 120, natPorts: 100 },
  },
  {
    id: 'timewait-kept',
    says: 'ports given up after 1 s, idle connections kept for 120 s',
    ...{ preset: 'timewait-1s:ports=400', idleSec: 120, natPorts: 400 },
  },
  {
    id: 'timewait-closed',
    says: 'ports given up after 1 s, idle connections closed after 3 s',
    ...{ preset: 'timewait-1s:ports=400', idleSec: 3, natPorts: 400 },
  },
];

const { values } = parseArgs({
  options: {
    cell: { type: 'string', default: CELLS.map(({ id }) => id).join(',') },
    browser: { type: 'string', default: 'chromium,rushhour' },
    sec: { type: 'string', default: '75' },
    runs: { type: 'string', default: '1' },
    trace: { type: 'string' },
    journal: { type: 'string', default: 'results/browsers-lab.jsonl' },
    table: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const rushhour = (...args) => run(process.execPath, [RUSHHOUR, ...args], { maxBuffer: 1 << 24 });

/** Plays one class in a lab of its own, which is removed afterwards. */
async function playCell(cell, browser, sec, trace) {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-class-'));
  // Whatever the command has started ends with it.
  const alone = 'unshare --pid --fork --mount-proc --kill-child=SIGKILL';
  const given = [dir, cell.idleSec, ANSWER_AFTER_MS].join(' ');
  const far = `${alone} ${process.execPath} ${join(import.meta.dirname, 'lab-far.mjs')} ${given}`;
  const { stdout } = await rushhour('lab', 'up', cell.preset, '--far-end', far);
  const id = /^lab (\S+):/.exec(stdout)?.[1];
  try {
    const until = Date.now() + FAR_READY_WITHIN_MS;
    while (!existsSync(join(dir, 'ready')))
      if (Date.now() > until) throw new Error('the far side was not ready');
      else await sleep(50);
    const { natPorts } = cell;
    const wish = { browser, dir, browsers: BROWSERS, sec, thinkSec: THINK_SEC, natPorts, trace };
    const inside = [process.execPath, join(import.meta.dirname, 'lab-class.mjs'), JSON.stringify(wish)];
    const args = ['lab', 'exec', '--lab', id, '--', ...alone.split(' '), ...inside];
    const played = await run(process.execPath, [RUSHHOUR, ...args], { timeout: sec * 1e3 + MORE_MS });
    return JSON.parse(played.stdout);
  } finally {
    await rushhour('lab', 'down', '--lab', id);
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

const showSec = (times) => show(spreadOf(times)?.map((ms) => (ms / 1e3).toFixed(1)));

const COLUMNS = {
  pages: ({ pages }) => pages,
  incomplete: ({ pages, whole }) => pages - whole,
  connections: ({ connections }) => connections,
  stalled: ({ stalled }) => stalled,
  'never open': ({ unopened }) => unopened,
  SYNs: ({ syns }) => syns,
  'at once': ({ peak }) => peak,
};

/** All runs that the journal has of each browser in each cell. */
function drawClasses(runs) {
  const lines = CELLS.flatMap(({ id, says }) =>
    ['chromium', 'rushhour'].flatMap((browser) => {
      const own = runs.filter((one) => one.cell === id && one.browser === browser);
      if (own.length === 0) return [];
      const counts = Object.values(COLUMNS).map((of) => show(spreadOf(own.map(of))));
      const times = [showSec(own.map(({ medianMs }) => medianMs)), showSec(own.map(({ maxMs }) => maxMs))];
      return [[says, browser, own.length, ...counts, ...times]];
    }),
  );
  return drawTable(
    ['firewall and proxy', '', 'runs', ...Object.keys(COLUMNS), 'whole pages: median, s', 'longest, s'],
    lines,
  );
}

async function main() {
  if (values.help) {
    const cells = CELLS.map(({ id, says }) => `  ${id}: ${says}\n`).join('');
    process.stdout.write(`${USAGE}\nCells:\n${cells}`);
    return;
  }
  const cells = CELLS.filter(({ id }) => values.cell.split(',').includes(id));
  if (values.trace !== undefined) mkdirSync(values.trace, { recursive: true });
  const rounds = Array.from({ length: values.table ? 0 : Number(values.runs) }, () => cells).flat();
  for (const cell of rounds)
    for (const browser of values.browser.split(',')) {
      const name = `${cell.id}-${browser}-${Date.now()}.json`;
      const trace = values.trace === undefined ? undefined : resolve(values.trace, name);
      const seen = await playCell(cell, browser, Number(values.sec), trace);
      addRun(values.journal, { cell: cell.id, browser, ...seen });
      console.error(`${cell.id} ${browser}: ${JSON.stringify(seen)}`);
    }
  const table = drawClasses(readRuns(values.journal));
  console.log(table);
  if (values.write) writeFileSync(DOCS, putBetween(readFileSync(DOCS, 'utf8'), 'firewalls', table));
}

await main();
