/** Runs rushhour, its peers and the floor in turn against one nginx, and says what a connection costs each. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { shareOutCpus } from './cpus.mjs';
import { addRatios, summarise } from './figures.mjs';
import { measure } from './measure.mjs';
import { readOptions } from './options.mjs';
import { startServer } from './server.mjs';
import { describeStartUp, drawChanges, drawTable } from './table.mjs';
import { TOOLS } from './tools.mjs';

const say = (line) => process.stderr.write(`${line}\n`);

/** One tool's turn. @returns {Promise<import('./figures.mjs').Round>} */
async function takeTurn(name, path, load, { server, cpu }) {
  const tool = TOOLS[name];
  const where = { cpu, scratch: load.scratch };
  const startUp = tool.startUp && (await measure(tool.startUp(path, load), where));
  const before = await server.countServed();
  const { output, ...cost } = await measure(tool.command(path, load), where);
  const served = (await server.countServed()) - before;
  return {
    ...tool.read(output),
    served,
    wallSeconds: cost.wallUs / 1e6,
    userUs: cost.userUs,
    systemUs: cost.systemUs,
    peakKiB: cost.peakKiB,
    startUp: startUp && {
      wallSeconds: startUp.wallUs / 1e6,
      userUs: startUp.userUs,
      systemUs: startUp.systemUs,
    },
  };
}

/**
 * Turns whose count the server does not share: a tool that miscounts cannot be compared.
 *
 * @param {Record<string, import('./figures.mjs').Round[]>} rounds
 */
function listMiscounts(rounds) {
  return Object.entries(rounds).flatMap(([name, turns]) =>
    turns
      .filter((turn) => !TOOLS[name].timed && turn.served !== turn.completed + turn.failed)
      .map(
        ({ completed, failed, served }) =>
          `${name}: ${completed} completed and ${failed} failed, but the server counted ${served}`,
      ),
  );
}

/** The paths of the tools asked for; those that are missing are named and left out. */
function findTools(names) {
  const found = names.map((name) => [name, TOOLS[name].find()]);
  for (const [name, path] of found) if (path === undefined) say(`${name}: not installed, left out`);
  return found.filter(([, path]) => path !== undefined);
}

/**
 * Rounds of A B C, not all of A before all of B: what drifts (a neighbour's load, the processor's clock) meets each
 * tool alike. The first turn of the floor is a warm-up: it fills the server's TIME_WAIT table to what every later turn
 * meets, and tells how fast this machine is.
 */
async function runRounds(options, server, cpu, scratch) {
  const load = { ...options, url: server.url, port: server.port, scratch, floorPerSec: 1 };
  const warmUp = await takeTurn('floor', TOOLS.floor.find(), load, { server, cpu });
  load.floorPerSec = warmUp.completed / warmUp.seconds;
  const tools = findTools(options.tools);
  const rounds = Object.fromEntries(tools.map(([name]) => [name, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const [name, path] of tools) {
      const turn = await takeTurn(name, path, load, { server, cpu });
      rounds[name].push(turn);
      const perSec = Math.round(turn.completed / turn.seconds);
      say(
        `round ${round}/${options.rounds}  ${name}: ${perSec}/s, completed ${turn.completed}, served ${turn.served}`,
      );
    }
  }
  return rounds;
}

/** The file of an earlier bench, or undefined where there is none that this one can read. */
async function readBefore(file) {
  try {
    const before = JSON.parse(await readFile(file, 'utf8'));
    return before.schema === 1 ? before : undefined;
  } catch {
    return undefined;
  }
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return;
  const file = resolve(options.json);
  const before = await readBefore(file);
  const pinned = shareOutCpus();
  const scratch = await mkdtemp(join(tmpdir(), 'rushhour-bench-'));
  const server = await startServer(pinned.server);
  let rounds;
  try {
    rounds = await runRounds(options, server, pinned.client, scratch);
  } finally {
    await server.stop();
    await rm(scratch, { recursive: true, force: true });
  }
  const medians = Object.fromEntries(Object.entries(rounds).map(([name, turns]) => [name, summarise(turns)]));
  const after = {
    schema: 1,
    at: new Date().toISOString(),
    host: { kernel: release(), node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length, pinned },
    options: { rounds: options.rounds, requests: options.requests, concurrency: options.concurrency },
    tools: addRatios(medians),
    rounds,
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(after, null, 2)}\n`);
  report(after, before, file);
}

function report(after, before, file) {
  const { requests, concurrency, rounds } = after.options;
  const { server, client } = after.host.pinned;
  const placed =
    server === undefined ? 'nothing pinned' : `server on core ${server}, client on core ${client}`;
  console.log(`Medians of ${rounds} rounds, ${requests} connections, ${concurrency} at once, ${placed}\n`);
  console.log(drawTable(after.tools));
  for (const line of describeStartUp(after.tools)) console.log(`\n${line}`);
  console.log('');
  for (const name of Object.keys(after.tools)) console.log(`${name}: ${TOOLS[name].note}`);
  const miscounts = listMiscounts(after.rounds);
  if (miscounts.length > 0) console.log(`\nCounts that disagree:\n${miscounts.join('\n')}`);
  const changes = before && drawChanges(before, after);
  if (changes !== undefined) console.log(`\nSince ${before.at}:\n${changes}`);
  console.log(`\nWritten to ${file}`);
}

await main();
