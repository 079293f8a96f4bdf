/**
 * Opens very many connections through the packet engine, holds them all at once, and says what that takes in memory. The far end is a
 * program that answers packets, in a network namespace of its own: a kernel could not hold as many. Needs root and nft.
 *
 *     node bench/held-packets.mjs --connections 1000000 --seconds 28 --workers 1
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { layCable } from './cable.mjs';
import { compile } from './compile.mjs';
import { watchMemory } from './memory.mjs';

const SAMPLE_EVERY_MS = 250;
const PORT = 9;
/** Hosts that are played: a thousand connections each. */
const HOSTS = '10.213.4.0/22';
/** After the load, until connections are proved: see `hold: together`. */
const HANDSHAKE_SEC = 4;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '28' },
    workers: { type: 'string', default: '1' },
    client: { type: 'string', default: 'windows-11' },
  },
});
const [connections, seconds] = [Number(values.connections), Number(values.seconds)];

const scratch = await mkdtemp(join(tmpdir(), 'rushhour-held-'));
const scenario = join(scratch, 'held.yaml');
const program = join(import.meta.dirname, '../bin/rushhour');
const cable = await layCable({ server: undefined, client: undefined }, (_, far) => {
  // Or the kernel would answer as well.
  const quiet = 'table netdev quiet { chain ingress { type filter hook ingress device "far" priority 0;';
  execFileSync('ip', ['netns', 'exec', far, 'nft', '-f', '-'], {
    input: `${quiet}\ntcp dport ${PORT} drop\n}\n}`,
  });
  return [compile('responder'), 'far', String(PORT)];
});
const told = [];
createInterface({ input: cable.server.stdout }).on('line', (line) => told.push(JSON.parse(line)));

const describe = (rate, sec) => `schema: 1
description: Connections held at once.
target: tcp://${cable.address}:${PORT}
defaults: { client: ${values.client}, timeouts: { handshake: ${HANDSHAKE_SEC}s } }
arms:
  held:
    via: tcp
    close: reset
    hold: together
    source: { addresses: ${HOSTS}, emulate: true }
    load: [{ hold: { rate: ${rate}/s, for: ${sec}s } }]
`;

/** One run; what it took, and its summary. */
async function run(rate, sec, name) {
  await writeFile(scenario, describe(rate, sec));
  const out = join(scratch, `${name}.json`);
  const command = [
    ...cable.near,
    program,
    'run',
    scenario,
    '--engine',
    'packet',
    '--workers',
    values.workers,
  ];
  const script = `exec "$@" --results ${scratch} --no-look --capture off --quiet --json >${out}`;
  const child = spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'ignore', 'inherit'] });
  const { exit, samples } = await watchMemory(child, SAMPLE_EVERY_MS);
  // What two samples in a row had: a command that the program starts counts as a copy of it until it is another program.
  const peakKiB = Math.max(
    0,
    ...samples.slice(1).map(({ rssKiB }, at) => Math.min(rssKiB, samples[at].rssKiB)),
  );
  return { exit, peakKiB, samples, summary: JSON.parse(await readFile(out, 'utf8')) };
}

const mib = (kib) => `${(kib / 1_024).toFixed(1)} MiB`;
try {
  // What the program takes anyway: the same addresses and hold, few connections.
  const few = await run(40, 10, 'few');
  const many = await run(Math.ceil(connections / seconds), seconds, 'many');
  const { held } = many.summary.arms;
  cable.server.kill('SIGTERM');
  await sleep(200);
  const alive = (held.proofs ?? []).reduce((sum, proof) => sum + proof.alive, 0);
  console.log(`${held.established} of ${held.scheduled} established, ${alive} proved alive, in ${seconds} s`);
  console.log(`far end: ${JSON.stringify(told.at(-1))}`);
  console.log(
    `peak ${mib(many.peakKiB)}; with ${few.summary.arms.held.established} connections ${mib(few.peakKiB)}`,
  );
  console.log(
    `increase ${mib(many.peakKiB - few.peakKiB)}, ${Math.round(((many.peakKiB - few.peakKiB) * 1_024) / held.established)} bytes a connection`,
  );
  const every = many.samples.filter((_, index) => index % Math.round(5_000 / SAMPLE_EVERY_MS) === 0);
  console.log(
    `over time: ${every.map(({ atSec, rssKiB }) => `${atSec.toFixed(0)} s ${mib(rssKiB)}`).join(', ')}`,
  );
  console.log(`outcomes ${JSON.stringify(held.outcomes)}, exit code ${many.exit}`);
  process.exitCode = many.exit ?? 1;
} finally {
  await cable.stop();
  await rm(scratch, { recursive: true, force: true });
}
