/** Tells how much of V8's heap a connection takes in steady state: what is not taken need not be collected. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { shareOutCpus } from './cpus.mjs';
import { startServer } from './server.mjs';

/** Nothing is collected while this much of the heap is fresh, MiB: most looks at the heap then only see it grow. */
const YOUNG_MIB = 64;

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '1000000' }, dist: { type: 'string' } },
});
const connections = Math.min(5_000_000, Math.max(100_000, Number(values.connections)));
const dist = values.dist ?? new URL('../dist', import.meta.url).pathname;

const server = await startServer(shareOutCpus().server);
const inside = new URL('shard-heap.mjs', import.meta.url).pathname;
const flags = [`--max-semi-space-size=${YOUNG_MIB}`, `--min-semi-space-size=${YOUNG_MIB}`];
const args = [...flags, inside, String(server.port), String(connections), dist];
try {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
} finally {
  await server.stop();
}
