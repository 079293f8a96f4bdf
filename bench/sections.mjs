/** Measures what one tool's turn against another does not show, keeps the figures and compares them with the last. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shareOutCpus } from './cpus.mjs';
import { median } from './figures.mjs';
import { append, compare, fingerprint, readPrevious } from './history.mjs';
import { browsers } from './sections/browsers.mjs';
import { lateness } from './sections/lateness.mjs';
import { memory } from './sections/memory.mjs';
import { modes } from './sections/modes.mjs';
import { neighbour } from './sections/neighbour.mjs';
import { packet } from './sections/packet.mjs';
import { pcap } from './sections/pcap.mjs';
import { scaling } from './sections/scaling.mjs';
import { size } from './sections/size.mjs';
import { startServer } from './server.mjs';
import { align } from './table.mjs';

const SECTIONS = [scaling, size, lateness, memory, modes, neighbour, packet, pcap, browsers];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    repeat: { type: 'string' },
    only: { type: 'string', default: SECTIONS.map(({ name }) => name).join(',') },
    history: { type: 'string', default: join(import.meta.dirname, 'history.jsonl') },
    beside: { type: 'string', multiple: true, default: [] },
  },
});
const { quick } = values;
const repetitions = Math.min(20, Math.max(1, Number(values.repeat ?? (quick ? 2 : 3))));
const wanted = SECTIONS.filter(({ name }) => values.only.split(',').includes(name));

/** All sections in turn, then all again: what drifts meets each of them alike. */
async function repeat(where) {
  const found = new Map();
  for (let turn = 1; turn <= repetitions; turn++) {
    for (const section of wanted) {
      for await (const [label, value, better = section.better] of section.measure({ ...where, quick })) {
        const name = `${section.name}: ${label}`;
        if (!found.has(name)) found.set(name, { better, values: [] });
        found.get(name).values.push(value);
        process.stderr.write(`${turn}/${repetitions}  ${name}  ${value.toPrecision(3)}\n`);
      }
    }
  }
  return found;
}

function summarise(found) {
  const figures = [...found].map(([name, { better, values: all }]) => [
    name,
    { median: median(all), low: Math.min(...all), high: Math.max(...all), better },
  ]);
  return Object.fromEntries(figures);
}

const cpus = shareOutCpus();
const scratch = await mkdtemp(join(tmpdir(), 'rushhour-bench-'));
const server = await startServer(cpus.server);
let figures;
try {
  figures = summarise(
    await repeat({ scratch, server, cpu: cpus.client, serverCpu: cpus.server, beside: values.beside }),
  );
} finally {
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
}

const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8'));
const entry = { at: new Date().toISOString(), version, machine: fingerprint(), quick, figures };
const previous = await readPrevious(values.history, entry);
await append(values.history, entry);

const short = (value) => value.toPrecision(3);
const rows = Object.entries(figures).map(([name, f]) => [
  name,
  short(f.median),
  `${short(f.low)}-${short(f.high)}`,
]);
console.log(align([['figure', 'median', 'min-max'], ...rows]));
for (const { name, about } of wanted) console.log(`${name}: ${about}`);
if (previous !== undefined) {
  const changes = compare(previous, entry);
  console.log(`\nSince ${previous.at}, beyond the noise of either: ${changes.length === 0 ? 'nothing' : ''}`);
  for (const { name, was, is, isWorse } of changes)
    console.log(`  ${isWorse ? 'WORSE ' : 'better'} ${name}: ${short(was)} -> ${short(is)}`);
}
