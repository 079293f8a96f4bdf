// Runs plans through built engines and prints what became of each, a line of JSON for a line of JSON on stdin: for child
// processes with low limits and for network namespaces.
import { createInterface } from 'node:readline';
import { drive } from './drive.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}

async function run({ engine, plan }) {
  const module = await import(new URL(`../../dist/engine/${engine}/engine.js`, import.meta.url));
  const create = engine === 'raw' ? module.createRawEngine : module.createPortableEngine;
  for (const arm of plan.arms) {
    if (arm.request) arm.request.bytes = Buffer.from(arm.request.bytes, 'latin1');
  }

  const abortAtMs = performance.now() + (plan.abortAfterMs ?? Number.POSITIVE_INFINITY);
  const onTurn = (engine) => {
    if (performance.now() >= abortAtMs) engine.abort();
  };
  return await drive(create, { ...plan, onTurn });
}
