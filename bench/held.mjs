/** Opens many connections through rushhour, holds them all at once, and says what that takes in memory. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { compile } from './compile.mjs';
import { watchMemory } from './memory.mjs';

const SAMPLE_EVERY_MS = 500;
const RATE_PER_SEC = 2_000;
/** How long all of them are open together. */
const TOGETHER_SEC = 5;
const LONGEST_SEC = 120;

const { values } = parseArgs({ options: { connections: { type: 'string', default: '19000' } } });
const connections = Math.min(60_000, Math.max(100, Number(values.connections)));

const scratch = await mkdtemp(join(tmpdir(), 'rushhour-held-'));
const openingSec = connections / RATE_PER_SEC;
const scenario = join(scratch, 'held.yaml');

const holder = spawn(compile('holder'), ['127.0.0.1', String(LONGEST_SEC)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const lines = createInterface({ input: holder.stdout });
let held = 0;
const port = await new Promise((resolve) => {
  lines.on('line', (line) => {
    const told = JSON.parse(line);
    if (told.port !== undefined) resolve(told.port);
    else held = Math.max(held, told.peak);
  });
});

await writeFile(
  scenario,
  `schema: 1
description: ${connections} connections held at once.
target: tcp://127.0.0.1:${port}
arms:
  held:
    via: tcp
    close: reset
    hold: ${openingSec + TOGETHER_SEC}s
    # Once half of the ephemeral range is taken towards one destination, connect() searches long for a free port: with
    # one source address the kernel's search, not the program, would be measured.
    socket: { bind: [127.0.0.2, 127.0.0.3, 127.0.0.4, 127.0.0.5] }
    load:
      - hold: { rate: ${RATE_PER_SEC}/s, for: ${openingSec}s }
`,
);
const program = join(import.meta.dirname, '../bin/rushhour');
const out = join(scratch, 'summary.json');
const child = spawn(
  'sh',
  ['-c', 'exec "$0" run "$1" --results "$2" --quiet --json >"$3"', program, scenario, scratch, out],
  {
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);
try {
  const { exit, samples } = await watchMemory(child, SAMPLE_EVERY_MS);
  const peak = Math.max(0, ...samples.map(({ rssKiB }) => rssKiB));
  const { arms } = JSON.parse(await readFile(out, 'utf8'));
  console.log(
    `established ${arms.held.established} of ${connections}, ${held} at once by the server's count`,
  );
  console.log(`peak RSS ${(peak / 1024).toFixed(1)} MiB, exit code ${exit}`);
  console.log(`outcomes ${JSON.stringify(arms.held.outcomes)}`);
  process.exitCode = exit ?? 1;
} finally {
  holder.kill('SIGTERM');
  if (child.exitCode === null) child.kill('SIGTERM');
  await rm(scratch, { recursive: true, force: true });
}
