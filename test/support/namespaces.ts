import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { HostPort } from '../../src/scenario/types.ts';

const run = promisify(execFile);

/** Names say which process made a namespace, so that one left by a dead process can be told and removed. */
const PREFIX = 'rushhour-test';
let made = 0;

/** A network namespace: its own addresses, ports, routes, sysctls and rules. */
export class Namespace {
  readonly name: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(name: string) {
    this.name = name;
  }

  /** Makes one with its loopback up. Needs root. */
  static async make(): Promise<Namespace> {
    made += 1;
    const namespace = new Namespace(`${PREFIX}-${process.pid}-${made}`);
    await run('ip', ['netns', 'add', namespace.name]);
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  /** Runs a command inside and gives what it printed; fails with what it complained of. */
  async run(command: string, ...args: string[]): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', this.name, command, ...args], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Starts a command inside that ends with the namespace at the latest. */
  spawn(command: string, ...args: string[]): ChildProcess {
    // `ip netns exec` becomes the command: the pid is the command's own.
    const child = spawn('ip', ['netns', 'exec', this.name, command, ...args], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Loads an nftables ruleset. */
  async loadRules(ruleset: string): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk) => (complaint += chunk));
    child.stdin.end(ruleset);
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`nft refused the rules: ${complaint}`);
  }

  /** Starts the embedded far end inside, listening on an address of this namespace. */
  async startFarEnd(host: string, ...args: string[]): Promise<{ proxy: HostPort; origin: HostPort }> {
    const main = fileURLToPath(new URL('../../dist/lab/far-end/main.js', import.meta.url));
    const listen = host.includes(':') ? `[${host}]:0` : `${host}:0`;
    const child = this.spawn(process.execPath, main, '--listen', listen, ...args);
    const [line] = await once(createInterface({ input: child.stdout! }), 'line');
    return JSON.parse(line);
  }

  /** Ends what still runs inside, then removes it. */
  async remove(): Promise<void> {
    for (const child of this.#children) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await run('ip', ['netns', 'del', this.name]);
  }
}

/** Two namespaces joined by a cable. */
export interface Pair {
  readonly near: Namespace;
  readonly far: Namespace;
  readonly nearAddress: string;
  readonly farAddress: string;
  readonly farAddress6: string;
}

/** Makes a pair, hands it over, and removes it whatever happens. Needs root. */
export async function withPair<T>(use: (pair: Pair) => Promise<T>): Promise<T> {
  removeLeftovers();
  const near = await Namespace.make();
  try {
    const far = await Namespace.make();
    try {
      await join(near, far);
      return await use({
        near,
        far,
        nearAddress: '10.77.0.1',
        farAddress: '10.77.0.2',
        farAddress6: 'fd77::2',
      });
    } finally {
      await far.remove();
    }
  } finally {
    await near.remove();
  }
}

/** Makes one namespace, hands it over, and removes it whatever happens. Needs root. */
export async function withNamespace<T>(use: (namespace: Namespace) => Promise<T>): Promise<T> {
  removeLeftovers();
  const namespace = await Namespace.make();
  try {
    return await use(namespace);
  } finally {
    await namespace.remove();
  }
}

/**
 * The neighbours are written down on both sides: a first packet that waits for ARP or neighbour discovery (which may
 * take a second on a link that has just come up) would look like a slow handshake.
 */
async function join(near: Namespace, far: Namespace): Promise<void> {
  const ends = [
    { namespace: near, host: 1, mac: '02:00:00:00:00:01' },
    { namespace: far, host: 2, mac: '02:00:00:00:00:02' },
  ] as const;
  const [nearEnd, farEnd] = ends;
  const nearLink = ['cable', 'address', nearEnd.mac, 'type', 'veth'];
  const farLink = ['peer', 'name', 'cable', 'address', farEnd.mac, 'netns', far.name];
  await near.run('ip', 'link', 'add', ...nearLink, ...farLink);
  for (const { namespace, host } of ends) {
    await namespace.run('ip', 'link', 'set', 'cable', 'up');
    await namespace.run('ip', 'addr', 'add', `10.77.0.${host}/24`, 'dev', 'cable');
    await namespace.run('ip', 'addr', 'add', `fd77::${host}/64`, 'dev', 'cable', 'nodad');
  }
  for (const [{ namespace }, other] of [
    [nearEnd, farEnd],
    [farEnd, nearEnd],
  ] as const) {
    for (const address of [`10.77.0.${other.host}`, `fd77::${other.host}`]) {
      await namespace.run(
        'ip',
        'neigh',
        'replace',
        address,
        'lladdr',
        other.mac,
        'dev',
        'cable',
        'nud',
        'permanent',
      );
    }
  }
}

/** Removes namespaces of test processes that died before they could. */
export function removeLeftovers(): void {
  const listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, pid] of listed.matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\d+`, 'gm'))) {
    if (!isAlive(Number(pid))) execFileSync('ip', ['netns', 'del', name]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
