import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTool } from './compile.mjs';
import { pinTo } from './cpus.mjs';

/** What nginx answers: short, as the body is not what is measured. */
const BODY = 'rush hour\n';
/** One served request is one line, `x` and a newline: so that the size of the log is the count. */
const LOG_LINE_BYTES = 2;

/**
 * One worker that closes each connection after its answer, as a proxy at rush hour does. The backlog is as long as the
 * system lets it be (net.core.somaxconn caps it): a full accept queue would look like a stalled handshake.
 *
 * @param {string} dir
 * @param {number} port
 */
const describeServer = (dir, port, tlsPort) => `
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 8192; multi_accept on; }
http {
  log_format one x;
  access_log ${dir}/access.log one;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  keepalive_timeout 0;
  server {
    listen 127.0.0.1:${port} backlog=65535;
    ${tlsPort === undefined ? '' : `listen 127.0.0.1:${tlsPort} ssl backlog=65535; ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem;`}
    location / { default_type text/plain; return 200 "${BODY.trimEnd()}\\n"; }
  }
}
`;

/** A port of 127.0.0.1 that nothing listens on right now. */
export async function findFreePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * Starts nginx with a configuration of its own, on loopback.
 *
 * @param {number | undefined} cpu the core to pin it to
 * @returns {Promise<{ port: number, url: string, tlsUrl?: string, countServed: () => Promise<number>, stop: () => Promise<void> }>}
 */
export async function startServer(cpu) {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-bench-'));
  const port = await findFreePort();
  const tlsPort = makeCertificate(dir) ? await findFreePort() : undefined;
  await writeFile(join(dir, 'nginx.conf'), describeServer(dir, port, tlsPort));
  const [command, ...args] = pinTo(cpu, [
    'nginx',
    '-p',
    dir,
    '-e',
    join(dir, 'error.log'),
    '-c',
    join(dir, 'nginx.conf'),
  ]);
  const server = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const complaints = [];
  server.stderr.on('data', (chunk) => complaints.push(chunk));
  const ended = new Promise((resolve) => {
    server.once('error', resolve);
    server.once('exit', resolve);
  });
  const stop = async () => {
    if (server.pid !== undefined && server.exitCode === null) server.kill('SIGTERM');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await waitUntilListening(port, server);
  } catch (cause) {
    const log = await readFile(join(dir, 'error.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`nginx did not start: ${Buffer.concat(complaints)}${log}`, { cause });
  }
  const countServed = async () => (await stat(join(dir, 'access.log'))).size / LOG_LINE_BYTES;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    ...(tlsPort === undefined ? {} : { tlsUrl: `https://127.0.0.1:${tlsPort}/` }),
    countServed: () => settle(countServed),
    stop,
  };
}

/** A certificate for a day, where openssl is there to make one. */
function makeCertificate(dir) {
  const openssl = findTool('openssl');
  if (openssl === undefined) return false;
  const kind = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
  ];
  const files = ['-subj', '/CN=127.0.0.1', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')];
  return spawnSync(openssl, [...kind, ...files], { stdio: 'ignore' }).status === 0;
}

/**
 * nginx writes a request's line a moment after its client has read the answer: the count is taken once it has stood
 * still for a tenth of a second, or after two seconds at the latest.
 *
 * @param {() => Promise<number>} count
 */
async function settle(count) {
  let last = await count();
  for (let turn = 0; turn < 20; turn++) {
    await sleep(100);
    const now = await count();
    if (now === last) break;
    last = now;
  }
  return last;
}

/** Tries to connect for at most five seconds. A bare connection leaves no line in the log. */
async function waitUntilListening(port, server) {
  for (let turn = 0; turn < 100; turn++) {
    if (server.exitCode !== null) throw new Error('it ended at once');
    if (await accepts(port)) return;
    await sleep(50);
  }
  throw new Error('it did not listen within 5 s');
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}
