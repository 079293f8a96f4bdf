import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
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

  /** Makes so many, their loopbacks still down. Needs root. */
  static async make(count: number): Promise<Namespace[]> {
    const namespaces = Array.from({ length: count }, () => {
      made += 1;
      return new Namespace(`${PREFIX}-${process.pid}-${made}`);
    });
    await runIp(namespaces.map(({ name }) => `netns add ${name}`));
    return namespaces;
  }

  /** Runs lines of ip(8) inside, without the word `ip`, in one process: each of its own takes longer to start than to do. */
  async configure(lines: readonly string[]): Promise<void> {
    await runIp(lines, ['-n', this.name]);
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

  /** Removes the tables of rules. */
  async dropRules(): Promise<void> {
    await this.loadRules('flush ruleset\n');
  }

  /** Ends what still runs inside. */
  async endChildren(): Promise<void> {
    for (const child of this.#children) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }
}

/** Runs lines of ip(8), without the word `ip`. */
async function runIp(lines: readonly string[], flags: readonly string[] = []): Promise<void> {
  const running = run('ip', [...flags, '-batch', '-']);
  running.child.stdin?.end(`${lines.join('\n')}\n`);
  await running;
}

async function remove(namespaces: readonly Namespace[]): Promise<void> {
  for (const namespace of namespaces) await namespace.endChildren();
  // Forced: one that will not go must not keep the others.
  await runIp(
    namespaces.map(({ name }) => `netns del ${name}`),
    ['-force'],
  );
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
  const { pair, remove } = await makePair();
  try {
    return await use(pair);
  } finally {
    await remove();
  }
}

/** Makes a pair that several tests share; whoever makes it has to remove it. Needs root. */
export async function makePair(): Promise<{ pair: Pair; remove(): Promise<void> }> {
  removeLeftovers();
  const both = await Namespace.make(2);
  try {
    const [near, far] = both as [Namespace, Namespace];
    await join(near, far);
    const addresses = { nearAddress: '10.77.0.1', farAddress: '10.77.0.2', farAddress6: 'fd77::2' };
    return { pair: { near, far, ...addresses }, remove: () => remove(both) };
  } catch (error) {
    await remove(both);
    throw error;
  }
}

/** Three namespaces: a machine and a far end, each by a cable (`cable`) to a router (`near`, `far`) between them. */
export interface Routed {
  /** 10.77.0.1 and fd77::1; its gateway is 10.77.0.254 and fd77::254. */
  readonly near: Namespace;
  readonly router: Namespace;
  /** 10.78.0.2 and fd78::2. */
  readonly far: Namespace;
}

/** Makes them for several tests to share; whoever makes them has to remove them. Needs root. */
export async function makeRouted(): Promise<Routed & { remove(): Promise<void> }> {
  removeLeftovers();
  const all = await Namespace.make(3);
  try {
    const [near, router, far] = all as [Namespace, Namespace, Namespace];
    await router.configure([
      `link add near type veth peer name cable netns ${near.name}`,
      `link add far type veth peer name cable netns ${far.name}`,
      ...['link set lo up', 'link set near up', 'link set far up'],
      ...['addr add 10.77.0.254/24 dev near', 'addr add fd77::254/64 dev near nodad'],
      ...['addr add 10.78.0.254/24 dev far', 'addr add fd78::254/64 dev far nodad'],
    ]);
    await router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    const attach = (end: Namespace, network: number, host: number): Promise<void> =>
      end.configure([
        ...['link set lo up', 'link set cable up'],
        `addr add 10.${network}.0.${host}/24 dev cable`,
        `addr add fd${network}::${host}/64 dev cable nodad`,
        `route add default via 10.${network}.0.254`,
        `route add default via fd${network}::254`,
      ]);
    await attach(near, 77, 1);
    await attach(far, 78, 2);
    return { near, router, far, remove: () => remove(all) };
  } catch (error) {
    await remove(all);
    throw error;
  }
}

/** Makes so many that several tests share; whoever makes them has to remove them. Needs root. */
export async function makeNamespaces(count: number): Promise<{ all: Namespace[]; remove(): Promise<void> }> {
  removeLeftovers();
  const all = await Namespace.make(count);
  return { all, remove: () => remove(all) };
}

/** Makes one namespace, hands it over, and removes it whatever happens. Needs root. */
export async function withNamespace<T>(use: (namespace: Namespace) => Promise<T>): Promise<T> {
  const { namespace, remove } = await makeNamespace();
  try {
    return await use(namespace);
  } finally {
    await remove();
  }
}

/** Makes one namespace that several tests share; whoever makes it has to remove it. Needs root. */
export async function makeNamespace(): Promise<{ namespace: Namespace; remove(): Promise<void> }> {
  removeLeftovers();
  const [namespace] = (await Namespace.make(1)) as [Namespace];
  const removal = () => remove([namespace]);
  try {
    await namespace.configure(['link set lo up']);
    return { namespace, remove: removal };
  } catch (error) {
    await removal();
    throw error;
  }
}

/**
 * The neighbours are written down on both sides: a first packet that waits for ARP or neighbour discovery (which may
 * take a second on a link that has just come up) would look like a slow handshake.
 */
async function join(near: Namespace, far: Namespace): Promise<void> {
  const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
  const end = (host: 1 | 2): string[] => {
    const other = 3 - host;
    return [
      'link set lo up',
      'link set cable up',
      `addr add 10.77.0.${host}/24 dev cable`,
      `addr add fd77::${host}/64 dev cable nodad`,
      ...[`10.77.0.${other}`, `fd77::${other}`].map(
        (address) => `neigh replace ${address} lladdr ${macs[other - 1]} dev cable nud permanent`,
      ),
    ];
  };
  const link = `link add cable address ${macs[0]} type veth peer name cable address ${macs[1]} netns ${far.name}`;
  await near.configure([link, ...end(1)]);
  await far.configure(end(2));
}

/** Where ip(8) keeps them: ip-netns(8). */
const NAMES = '/run/netns';

/** Removes namespaces of test processes that died before they could. */
export function removeLeftovers(): void {
  const names = existsSync(NAMES) ? readdirSync(NAMES) : [];
  for (const name of names) {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-\\d+$`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) execFileSync('ip', ['netns', 'del', name]);
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
