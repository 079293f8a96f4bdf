// Runs one plan (JSON, first argument) through a built engine and prints what became of it: for child processes with
// low limits and for network namespaces.
import { drive } from './drive.mjs';

const { engine, plan } = JSON.parse(process.argv[2]);
const [name, reactor = 'epoll'] = engine.split(' ');
const module = await import(new URL(`../../dist/engine/${name}/engine.js`, import.meta.url));
const create =
  name === 'raw' ? (options) => module.createRawEngine({ ...options, reactor }) : module.createPortableEngine;
for (const arm of plan.arms) {
  if (arm.request) arm.request.bytes = Buffer.from(arm.request.bytes, 'latin1');
}

const abortAtMs = performance.now() + (plan.abortAfterMs ?? Number.POSITIVE_INFINITY);
const onTurn = (engine) => {
  if (performance.now() >= abortAtMs) engine.abort();
};
const driven = await drive(create, { ...plan, onTurn });
process.stdout.write(JSON.stringify(driven));
