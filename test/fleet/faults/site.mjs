/**
 * Where runs of a fleet happen that things befall: probes in network namespaces of their own behind a router that
 * translates addresses, and a far side with nginx, a real nats-server and the operator. All of it is gone afterwards.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const MAIN = here('../../../dist/cli/main.js');
const PREFIX = 'rushhour-fleet-faults';

const FAR = '10.90.0.2';
const CONTROL_PORT = 4_222;
const WEB_PORT = 8_080;
const END_WITHIN_MS = 20_000;
const THERE_WITHIN_MS = 120_000;
/** Probes, each with the load of one; attempts a second, seconds. */
export const LOAD = { perSec: 20, seconds: 12 };

/** From the far side, a probe is seen by this address. */
const externalOf = (index) => `10.90.0.${10 + index}`;
const insideOf = (index) => `10.91.${index}.2`;

/**
 * Faults concern the control connections alone. The router takes no packet for a connection that it does not know
 * (nf_conntrack_tcp_loose), and counts each connection to nginx by its first packet.
 */
const routerRules = (probes) => `
table ip site {
  set cut { type ipv4_addr; }
  set lossy { type ipv4_addr; }
  set opened { type ipv4_addr; size 64; flags dynamic; counter; }
  chain forward {
    type filter hook forward priority 0;
    ct state invalid drop
    tcp dport ${WEB_PORT} ct state new ct original packets 1 update @opened { ip saddr }
    tcp dport ${CONTROL_PORT} ip saddr @cut drop
    tcp sport ${CONTROL_PORT} ip daddr @cut drop
    tcp dport ${CONTROL_PORT} ip saddr @lossy numgen random mod 100 < 5 drop
    tcp sport ${CONTROL_PORT} ip daddr @lossy numgen random mod 100 < 5 drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ${probes.map((_, index) => `ip saddr ${insideOf(index)} snat to ${externalOf(index)}`).join('\n    ')}
  }
}
`;

const NGINX = (dir) => `
daemon off;
master_process off;
user root;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 4096; }
http {
  log_format short '$remote_addr $status $request_uri';
  access_log ${dir}/access.log short;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
  keepalive_timeout 0;
  server { listen ${FAR}:${WEB_PORT} backlog=4096; location / { return 200 "ok\\n"; } }
}
`;

/** Makes a site, hands it over, and removes it. Needs root. */
export async function withSite(probes, use) {
  await removeLeftovers();
  const dir = await mkdtemp(join(tmpdir(), `${PREFIX}-${process.pid}-`));
  const site = new Site(dir, probes);
  try {
    await site.build();
    return await use(site);
  } finally {
    await site.remove();
  }
}

class Site {
  dir;
  probes;
  #children = new Set();
  #made = [];
  /** Process of each probe, and of `fleet up`. */
  #running = new Map();

  constructor(dir, probes) {
    this.dir = dir;
    this.probes = probes;
  }

  #name(which) {
    return `${PREFIX}-${process.pid}-${which}`;
  }

  async build() {
    const names = ['core', 'router', ...this.probes].map((which) => this.#name(which));
    for (const name of names) {
      await run('ip', ['netns', 'add', name]);
      this.#made.push(name);
      await this.#ip(name, 'link set lo up');
    }
    const [core, router] = names;
    await this.#cable(router, 'out', core, 'cable');
    await this.#ip(core, `addr add ${FAR}/24 dev cable`);
    for (const index of [-9, ...this.probes.keys()])
      await this.#ip(router, `addr add ${externalOf(index)}/24 dev out`);
    for (const [index, id] of this.probes.entries()) {
      const machine = this.#name(id);
      await this.#cable(router, `in${index}`, machine, 'cable');
      await this.#ip(router, `addr add 10.91.${index}.1/24 dev in${index}`);
      await this.#ip(machine, `addr add ${insideOf(index)}/24 dev cable`);
      await this.#ip(machine, `route add default via 10.91.${index}.1`);
    }
    await this.#in('router', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    await this.#load(routerRules(this.probes));
    // They exist once there is a rule that needs connections.
    await this.#in(
      ...['router', 'sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0'],
      'net.netfilter.nf_conntrack_acct=1',
    );
    writeFileSync(join(this.dir, 'nginx.conf'), NGINX(this.dir));
    this.#spawn('core', 'nginx', ['-p', this.dir, '-c', join(this.dir, 'nginx.conf')]);
    writeFileSync(
      join(this.dir, 'web.yaml'),
      `schema: 1\narms:\n  web:\n    via: direct\n    timeouts: { handshake: 5s }\n    load:\n      - hold: { rate: ${LOAD.perSec}/s, for: ${LOAD.seconds}s }\n`,
    );
    for (const id of this.probes)
      writeFileSync(
        join(this.dir, `${id}.yaml`),
        `schema: 1\nlabels: { site: ${id} }\ntargets: [${FAR}]\nrate: ${LOAD.perSec}/s\nattempts: ${LOAD.perSec * LOAD.seconds + 200}\n`,
      );
    await this.startServer();
    for (const id of this.probes) this.startProbe(id);
    await this.present();
  }

  async #cable(near, nearEnd, far, farEnd) {
    await this.#ip(near, `link add ${nearEnd} type veth peer name ${farEnd} netns ${far}`);
    await this.#ip(near, `link set ${nearEnd} up`);
    await this.#ip(far, `link set ${farEnd} up`);
  }

  #ip(name, line) {
    return run('ip', ['-n', name, ...line.split(' ')]);
  }

  async #in(which, ...command) {
    return (await run('ip', ['netns', 'exec', this.#name(which), ...command])).stdout;
  }

  async #load(rules) {
    const child = spawn('ip', ['netns', 'exec', this.#name('router'), 'nft', '-f', '-'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.stdin.end(rules);
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error('nft refused the rules');
  }

  #spawn(which, command, args) {
    // `ip netns exec` becomes the command: the pid is the command's own.
    const child = spawn('ip', ['netns', 'exec', this.#name(which), command, ...args], {
      ...{ cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    child.said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      child.said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      child.said.err += text;
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /** Runs rushhour as the operator does. */
  operate(args) {
    return this.#spawn('core', process.execPath, [MAIN, ...args]);
  }

  async startServer() {
    const ids = this.probes.flatMap((id) => ['--probe', id]);
    const child = this.operate(['fleet', 'up', '--listen', `${FAR}:${CONTROL_PORT}`, ...ids]);
    this.#running.set('server', child);
    await until(() => child.said.out.includes('press Ctrl-C') || isOver(child));
    if (isOver(child)) throw new Error(`fleet up: ${child.said.err}`);
  }

  /** @param what `server`: nats-server alone; `launcher`: `fleet up`, which leaves nats-server alone */
  async killServer(what) {
    const launcher = this.#running.get('server');
    const closed = isOver(launcher) ? undefined : once(launcher, 'close');
    if (what === 'launcher') launcher.kill('SIGKILL');
    else for (const pid of findPids(join(this.dir, 'fleet/nats-server.conf'))) process.kill(pid, 'SIGKILL');
    await closed;
  }

  startProbe(id) {
    const child = this.#spawn(id, process.execPath, [
      ...[MAIN, 'probe', '--credentials', `fleet/credentials/${id}.json`],
      ...['--policy', `${id}.yaml`, '--results', id],
    ]);
    this.#running.set(id, child);
  }

  async killProbe(id) {
    const child = this.#running.get(id);
    if (isOver(child)) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  /** What a probe, or the server, has said since it was started last. */
  saidBy(who) {
    return this.#running.get(who).said.err;
  }

  /** Waits until every probe has told, from now on, that it is idle and that nothing of it is still to be sent. */
  async present() {
    const sinceMs = Date.now();
    await until(async () => {
      const { out, code } = await this.call(['fleet', 'ls', '--json']);
      if (code !== 0) return false;
      const probes = JSON.parse(out);
      return (
        probes.length === this.probes.length &&
        probes.every(
          ({ seenAtMs, busy, unsentBytes }) => seenAtMs > sinceMs && busy === null && unsentBytes === 0,
        )
      );
    });
  }

  async call(args) {
    const child = this.operate(args);
    const [code] = await once(child, 'close');
    return { code, ...child.said };
  }

  get target() {
    return `http://${FAR}:${WEB_PORT}/?n={nonce}`;
  }

  /** Whatever goes between a probe and the server is dropped, or one packet in twenty. @param set `cut` or `lossy` */
  async beset(set, id, isOn) {
    const element = `{ ${insideOf(this.probes.indexOf(id))} }`;
    await this.#in('router', 'nft', isOn ? 'add' : 'delete', 'element', 'ip', 'site', set, element);
  }

  /** The router forgets the control connections of a probe. */
  async forget(id) {
    const at = ['-p', 'tcp', '--orig-src', insideOf(this.probes.indexOf(id))];
    // It ends with 1 if there was none.
    await this.#in('router', 'conntrack', '-D', ...at, '--orig-port-dst', String(CONTROL_PORT)).catch(
      () => undefined,
    );
  }

  /** Ports from which a probe has control connections, as the router knows them. */
  async controlPorts(id) {
    const at = ['-p', 'tcp', '--state', 'ESTABLISHED', '--orig-src', insideOf(this.probes.indexOf(id))];
    const known = await this.#in('router', 'conntrack', '-L', ...at, '--orig-port-dst', String(CONTROL_PORT));
    return [...known.matchAll(/ESTABLISHED \S+ \S+ sport=(\d+)/g)].map(([, port]) => Number(port));
  }

  /** Messages of a run are published again by whoever published them, without the id by which the server knows them. */
  async repeat(fleetRun, id, random) {
    const args = [here('repeat.mjs'), join(this.dir, 'fleet/credentials'), id, fleetRun, String(random)];
    const child = this.#spawn('core', process.execPath, args);
    await once(child, 'close');
    return Number(child.said.out);
  }

  /** By probe: connections that the router saw opened to nginx since it was asked last, and requests that nginx answered with 200. */
  async countAtFarSide() {
    const { nftables } = JSON.parse(
      await this.#in('router', 'nft', '-j', 'list', 'set', 'ip', 'site', 'opened'),
    );
    await this.#in('router', 'nft', 'flush', 'set', 'ip', 'site', 'opened');
    const opened = new Map(
      (nftables.find(({ set }) => set !== undefined).set.elem ?? []).map(({ elem }) => [
        elem.val,
        elem.counter.packets,
      ]),
    );
    const log = join(this.dir, 'access.log');
    const lines = readFileSync(log, 'utf8').split('\n');
    writeFileSync(log, '');
    return new Map(
      this.probes.map((id, index) => [
        id,
        {
          opened: opened.get(insideOf(index)) ?? 0,
          answered: lines.filter((line) => line.startsWith(`${externalOf(index)} 200 `)).length,
        },
      ]),
    );
  }

  async remove() {
    const children = [...this.#children];
    // Probes first: they tell the server that they are leaving.
    for (const child of children.reverse()) child.kill('SIGTERM');
    await Promise.all(
      children.map(async (child) => {
        if (isOver(child)) return;
        const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
        await once(child, 'close');
        clearTimeout(timer);
      }),
    );
    for (const pid of findPids(join(this.dir, 'fleet/nats-server.conf'))) process.kill(pid, 'SIGKILL');
    for (const name of this.#made) await run('ip', ['netns', 'del', name]).catch(() => undefined);
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Namespaces, folders and processes of sites that this process made and that are still there. */
export async function findLeftovers() {
  const own = `${PREFIX}-${process.pid}-`;
  const namespaces = await listNamespaces();
  return [
    ...namespaces.filter((name) => name.startsWith(own)),
    ...readdirSync(tmpdir()).filter((name) => name.startsWith(own)),
    ...findPids(own),
  ];
}

/** Of processes that died before they could. */
async function removeLeftovers() {
  const isLeft = (name) => {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  for (const name of (await listNamespaces()).filter(isLeft)) {
    const { stdout } = await run('ip', ['netns', 'pids', name]);
    for (const pid of stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
    await run('ip', ['netns', 'del', name]);
  }
  for (const name of readdirSync(tmpdir()).filter(isLeft))
    await rm(join(tmpdir(), name), { recursive: true });
}

async function listNamespaces() {
  const { stdout } = await run('ip', ['netns', 'list']);
  return stdout.split('\n').map((line) => line.split(' ')[0]);
}

function findPids(text) {
  return readdirSync('/proc')
    .filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

export function isOver({ exitCode, signalCode }) {
  return exitCode !== null || signalCode !== null;
}

/** @throws Error if it does not happen within two minutes */
export async function until(hasHappened) {
  const deadlineMs = performance.now() + THERE_WITHIN_MS;
  while (!(await hasHappened())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not happen: ${hasHappened}`);
    await sleep(200);
  }
}
