/**
 * Compares the handshake times of the packet engine with those that tcpdump's stamps of the same packets give, on the
 * same end of a cable between two namespaces. Needs root, nginx and tcpdump.
 *
 *   sudo node bench/stamps.mjs [--handshakes 20000] [--rate 2000 | --at-once 100] [--json FILE]
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { readCapture } from '../dist/net/capture/read-capture.js';
import { decodeFrame } from '../dist/net/wire/decode.js';
import { ACK, createPacket, SYN } from '../dist/net/wire/packet.js';
import { layCable } from './cable.mjs';
import { pinTo, shareOutCpus } from './cpus.mjs';

/** Nobody's on the link; ports are used once each, so a port names a handshake. */
const SOURCE = '10.213.1.1';
const MOST = 28_000;

const { values } = parseArgs({
  options: {
    handshakes: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '2000' },
    'at-once': { type: 'string' },
    json: { type: 'string' },
  },
});
const handshakes = Math.min(MOST, Math.max(100, Number(values.handshakes)));
const pace = values['at-once'] === undefined ? ['rate', values.rate] : ['at-once', values['at-once']];

const cpus = shareOutCpus();
const scratch = await mkdtemp(join(tmpdir(), 'rushhour-stamps-'));
const cable = await layCable(cpus);
const capture = join(scratch, 'near.pcap');
let tcpdump;
try {
  const macs = { near: macOf(cable.near, 'near'), far: macOf(cable.far, 'far') };
  run(cable.far, ['ip', 'neigh', 'add', SOURCE, 'lladdr', macs.near, 'dev', 'far', 'nud', 'permanent']);
  tcpdump = await startCapture(
    pinTo(cpus.server, ['tcpdump', '-i', 'near', '-n', '-s', '96', '-B', '65536']),
  );
  const engine = join(import.meta.dirname, 'stamps-engine.mjs');
  const args = [cable.address, SOURCE, macs.near, macs.far, String(handshakes), ...pace];
  const [command, ...rest] = [...cable.near, ...pinTo(cpus.client, [process.execPath, engine, ...args])];
  const { stdout } = await promisify(execFile)(command, rest, { maxBuffer: 64 << 20, timeout: 120_000 });
  await stop(tcpdump);
  await report(JSON.parse(stdout));
} finally {
  tcpdump?.kill('SIGKILL');
  await cable.stop();
  await rm(scratch, { recursive: true, force: true });
}

function run(prefix, words) {
  const [command, ...args] = [...prefix, ...words];
  return execFileSync(command, args, { encoding: 'utf8' });
}

function macOf(prefix, name) {
  return run(prefix, ['cat', `/sys/class/net/${name}/address`]).trim();
}

/** Resolves once it captures. */
async function startCapture(words) {
  const [command, ...args] = [...cable.near, ...words, '--time-stamp-precision=nano', '-w', capture, 'tcp'];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: child.stderr })) if (line.includes('listening')) break;
  child.stderr.resume();
  return child;
}

function stop(child) {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    // What was captured last waits in a buffer of the kernel's.
    setTimeout(() => child.kill('SIGINT'), 1_500);
  });
}

/** By port: from the first SYN to the SYN-ACK, microseconds, as far as both were captured and nothing was sent twice. */
async function readHandshakes() {
  const packet = createPacket();
  const [sentAtUs, tookUs, resent] = [new Map(), new Map(), new Set()];
  const facts = await readCapture(capture, ({ bytes, at, end, linkType, atUs }) => {
    if (decodeFrame(packet, bytes, at, end, linkType) !== undefined || (packet.flags & SYN) === 0) return;
    if ((packet.flags & ACK) === 0) {
      if (sentAtUs.has(packet.sourcePort)) resent.add(packet.sourcePort);
      else sentAtUs.set(packet.sourcePort, atUs);
    } else if (!tookUs.has(packet.destinationPort)) {
      tookUs.set(packet.destinationPort, atUs - sentAtUs.get(packet.destinationPort));
    }
  });
  for (const port of resent) tookUs.delete(port);
  return { tookUs, frames: facts.frames };
}

async function report(told) {
  const { tookUs, frames } = await readHandshakes();
  const differences = [];
  const times = [];
  for (const [port, us] of told) {
    const captured = tookUs.get(port);
    if (captured === undefined || Number.isNaN(captured)) continue;
    differences.push(us - captured);
    times.push(captured);
  }
  const ascending = (numbers) => numbers.sort((a, b) => a - b);
  const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const apart = ascending(differences.map(Math.abs));
  ascending(differences);
  ascending(times);
  const figures = {
    pace: pace.join(' '),
    handshakes: told.length,
    matched: differences.length,
    frames,
    capturedUs: { p50: at(times, 0.5), p99: at(times, 0.99) },
    differenceUs: { p1: at(differences, 0.01), p50: at(differences, 0.5), p99: at(differences, 0.99) },
    absoluteUs: { p50: at(apart, 0.5), p99: at(apart, 0.99), max: apart.at(-1) },
  };
  console.log(
    JSON.stringify(
      figures,
      (_, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value),
      2,
    ),
  );
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures));
}
