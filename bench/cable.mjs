import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { compile } from './compile.mjs';
import { pinTo } from './cpus.mjs';

const FAR = '10.213.0.1';
/** Nobody's, until a responder answers for it. */
const CHEAP = '10.213.0.9';
/** A responder ends by itself after so long, whatever becomes of the bench. */
const LONGEST_SEC = 300;

const describeServer = (dir) => `
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 8192; multi_accept on; }
http {
  access_log off;
  keepalive_timeout 0;
  server {
    listen ${FAR}:80 backlog=65535;
    location / { default_type text/plain; return 200 "rush hour\\n"; }
  }
}
`;

/**
 * Two network namespaces with a cable between them (veth), nginx at the far end: for what loopback cannot carry. Needs
 * root; both go with the bench, also where it is killed.
 *
 * @typedef {object} Cable
 * @property {string} address of the far end
 * @property {string[]} near begins a command at the near end
 * @property {string[]} far the same at the far end
 * @property {import('node:child_process').ChildProcess} server
 * @property {() => Promise<Responder>} respond starts a far end that costs next to nothing, on the same core
 * @property {() => Promise<void>} stop
 *
 * @typedef {{ address: string, stop: () => void }} Responder its port 81 is closed, all others accept
 *
 * A veth hands a packet over in its sender's time: without more, the far end's TCP would run in the client's system calls, and be
 * counted as the client's. Each end therefore receives on a core of its own (receive packet steering, Documentation/networking/
 * scaling.rst), as two hosts do.
 *
 * @param {{ server: number | undefined, client: number | undefined }} cpus to pin the far end to, and to receive on at either end;
 *   undefined: no particular one
 * @param {(dir: string, far: string) => string[]} [serve] another command to run at the far end, whose namespace is `far`
 * @returns {Promise<Cable>}
 */
export async function layCable(cpus, serve = serveByNginx) {
  const [near, far] = ['near', 'far'].map((end) => `rushhour-bench-${process.pid}-${end}`);
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-bench-'));
  const ip = (...words) => execFileSync('ip', words);
  let server;
  const stop = async () => {
    server?.kill('SIGTERM');
    for (const name of [near, far]) spawnQuietly('ip', ['netns', 'del', name]);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    for (const name of [near, far]) ip('netns', 'add', name);
    ip('-n', near, 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far', 'netns', far);
    ip('-n', near, 'address', 'add', '10.213.0.2/16', 'dev', 'near');
    ip('-n', far, 'address', 'add', `${FAR}/16`, 'dev', 'far');
    for (const [name, end] of [
      [near, 'near'],
      [far, 'far'],
    ]) {
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', end, 'up');
    }
    receiveOn(cpus.client, near, 'near');
    receiveOn(cpus.server, far, 'far');
    const [command, ...args] = ['ip', 'netns', 'exec', far, ...pinTo(cpus.server, serve(dir, far))];
    server = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await sleep(500);
    const [inNear, inFar] = [near, far].map((name) => ['ip', 'netns', 'exec', name]);
    const respond = () => startResponder(inFar, cpus.server);
    return { address: FAR, near: inNear, far: inFar, server, respond, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Lets the kernel handle what comes in at an end of the cable on one core: a mask of cores, 32 to a hexadecimal number. */
function receiveOn(cpu, namespace, end) {
  if (cpu === undefined) return;
  const mask = ((1 << (cpu % 32)) >>> 0).toString(16) + ',00000000'.repeat(Math.floor(cpu / 32));
  // sysfs shows the links of the namespace in which it was mounted, which `ip netns exec` does.
  const file = `/sys/class/net/${end}/queues/rx-0/rps_cpus`;
  execFileSync('ip', ['netns', 'exec', namespace, 'sh', '-c', `echo ${mask} >${file}`]);
}

function serveByNginx(dir, far) {
  const sysctl = ['net.core.somaxconn=65535', 'net.ipv4.tcp_max_syn_backlog=65535'];
  execFileSync('ip', ['netns', 'exec', far, 'sysctl', '-qw', ...sysctl]);
  writeFileSync(join(dir, 'nginx.conf'), describeServer(dir));
  return ['nginx', '-p', dir, '-e', join(dir, 'error.log'), '-c', join(dir, 'nginx.conf')];
}

async function startResponder(inFar, cpu) {
  const program = pinTo(cpu, [compile('stateless'), 'far', CHEAP, String(LONGEST_SEC)]);
  const [command, ...args] = [...inFar, ...program];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const failed = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the responder ended with ${code}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([createInterface({ input: child.stdout })[Symbol.asyncIterator]().next(), failed]);
  return { address: CHEAP, stop: () => child.kill('SIGTERM') };
}

function spawnQuietly(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
  } catch {
    // It was not there.
  }
}
