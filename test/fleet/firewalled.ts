import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADDRESSES, clientAddress, PORTS } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { readPreset } from '../../src/lab/presets/index.ts';
import { INSIDE, ONE_SEGMENT, OUTSIDE } from '../../src/lab/topology.ts';
import { startNginxInside } from '../peers/nginx.ts';
import { makeNamespaces, type Namespace } from '../support/namespaces.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
const NATS_PORT = 4_222;
/** A probe has its machine for itself at a site; here many share one with all else that it does. */
const FIRST = ['nice', '-n', '-10'];
const KILL_AFTER_MS = 20_000;
const LONGEST_START_MS = 240_000;

/** A site of the test: its probes stand behind a firewall of the lab. */
export interface FirewalledSite {
  readonly name: string;
  /** Label `firewall` of its probes. */
  readonly model: string;
  /** As `rushhour lab up` takes it. */
  readonly preset: string;
  readonly probes: number;
}

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Probes in network namespaces of their own behind firewalls of the lab, and one far side with nginx and a real nats-server. All that
 * probes send, to either, passes their firewall.
 */
export class FirewalledFleet {
  readonly dir = mkdtempSync(join(tmpdir(), 'rushhour-fleet-'));
  readonly #sites: readonly FirewalledSite[];
  readonly #children: ChildProcess[] = [];
  #core: Namespace | undefined;
  #nginx: Awaited<ReturnType<typeof startNginxInside>> | undefined;
  #remove: () => Promise<void> = async () => {};

  constructor(sites: readonly FirewalledSite[]) {
    this.#sites = sites;
  }

  /** The address from which the far side sees a site. */
  externalOf(site: string): string {
    return `10.20.0.${10 + this.#sites.findIndex(({ name }) => name === site)}`;
  }

  get target(): string {
    return `http://${ADDRESSES.far}:${PORTS.origin}/?n={nonce}`;
  }

  async start(): Promise<void> {
    const probes = this.#sites.flatMap((site) =>
      Array.from({ length: site.probes }, (_, index) => ({ site, id: `${site.name}-${index + 1}` })),
    );
    const { all, remove } = await makeNamespaces(1 + this.#sites.length + probes.length);
    this.#remove = remove;
    const [core, ...others] = all as [Namespace, ...Namespace[]];
    this.#core = core;
    await core.configure(['link set lo up', `addr add ${ADDRESSES.far}/32 dev lo`]);
    const firewalls = others.slice(0, this.#sites.length);
    const machines = others.slice(this.#sites.length);
    for (const [index, site] of this.#sites.entries()) {
      const own = machines.splice(0, site.probes);
      await this.#build(site, index, core, firewalls[index]!, own);
      for (const [number, machine] of own.entries()) {
        const id = `${site.name}-${number + 1}`;
        writeFileSync(
          join(this.dir, `${id}.yaml`),
          `schema: 1\nlabels: { site: ${site.name}, firewall: ${site.model} }\ntargets: [${ADDRESSES.far}]\nrate: 100/s\nattempts: 20000\n`,
        );
        this.#machines.set(id, machine);
      }
    }
    this.#nginx = await startNginxInside(core, `${ADDRESSES.far}:${PORTS.origin}`);
    const up = this.#spawn(core, [
      ...['fleet', 'up', '--listen', `${ADDRESSES.far}:${NATS_PORT}`],
      ...probes.flatMap(({ id }) => ['--probe', id]),
    ]);
    while (!up.said.out.includes('press Ctrl-C')) {
      if (up.child.exitCode !== null) throw new Error(`fleet up: ${up.said.err}`);
      await sleep(100);
    }
    for (const [id, machine] of this.#machines)
      this.#spawn(
        machine,
        [
          ...['probe', '--credentials', `fleet/credentials/${id}.json`],
          ...['--policy', `${id}.yaml`, '--results', `of-${id}`],
        ],
        FIRST,
      );
    const deadline = Date.now() + LONGEST_START_MS;
    for (;;) {
      // While twenty processes start, it may find no time to connect in.
      const { code, out, err } = await this.call('fleet', 'ls', '--json');
      if (code === 0 && JSON.parse(out).length === probes.length) return;
      if (Date.now() > deadline) throw new Error(`not all probes came: ${out}${err}`);
      await sleep(2_000);
    }
  }

  readonly #machines = new Map<string, Namespace>();

  /** Runs rushhour as the operator, on the far side. */
  async call(...args: readonly string[]): Promise<Said> {
    const { child, said } = this.#spawn(this.#core!, args);
    const [code] = await once(child, 'close');
    return { code, ...said };
  }

  /** Requests that nginx answered with 200, by the address that they came from. */
  async countAnswered(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const line of await this.#nginx!.requests()) {
      const [address = '', status] = line.split(' ');
      if (status === '200') counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    return counts;
  }

  async stop(): Promise<void> {
    // The server last: probes tell it that they are leaving.
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
    }
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
        await once(child, 'exit');
        clearTimeout(timer);
      }),
    );
    await this.#remove();
    await this.#nginx?.remove();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Each machine has a cable of its own to the firewall, so that its rules see no bridge. */
  async #build(
    site: FirewalledSite,
    index: number,
    core: Namespace,
    firewall: Namespace,
    machines: readonly Namespace[],
  ): Promise<void> {
    const external = this.externalOf(site.name);
    const setSysctls = async (values: Readonly<Record<string, string | number>>): Promise<void> => {
      await firewall.run('sysctl', '-qw', ...Object.entries(values).map(([key, value]) => `${key}=${value}`));
    };
    await setSysctls({
      ...{ 'net.ipv4.ip_forward': 1 },
      ...{ 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 },
    });
    await firewall.configure([
      'link set lo up',
      `link add ${OUTSIDE} ${ONE_SEGMENT} type veth peer name fw${index} ${ONE_SEGMENT} netns ${core.name}`,
      `addr add ${external}/32 dev ${OUTSIDE}`,
      `link set ${OUTSIDE} up`,
      `route add ${ADDRESSES.far}/32 dev ${OUTSIDE} src ${external}`,
    ]);
    await core.configure([`link set fw${index} up`, `route add ${external}/32 dev fw${index}`]);
    const preset = readPreset(site.preset);
    for (const [number, machine] of machines.entries()) {
      const own = clientAddress(number);
      await firewall.configure([
        `link add ${INSIDE}${number} ${ONE_SEGMENT} type veth peer name eth0 ${ONE_SEGMENT} netns ${machine.name}`,
        `addr add ${ADDRESSES.gateway}/32 dev ${INSIDE}${number}`,
        `link set ${INSIDE}${number} up`,
        `route add ${own}/32 dev ${INSIDE}${number}`,
      ]);
      await machine.configure([
        ...['link set lo up', `addr add ${own}/32 dev eth0`, 'link set eth0 up'],
        ...[`route add ${ADDRESSES.gateway}/32 dev eth0`, `route add default via ${ADDRESSES.gateway}`],
      ]);
      if (preset.timestamps === 'off') await machine.run('sysctl', '-qw', 'net.ipv4.tcp_timestamps=0');
    }
    // The lab's own rules, of which only the cables inside and the external address have other names here.
    const loadRules = (rules: string): Promise<void> =>
      firewall.loadRules(
        rules
          .replaceAll(`"${INSIDE}"`, `"${INSIDE}*"`)
          .replaceAll(new RegExp(`\\b${ADDRESSES.external.replaceAll('.', '\\.')}\\b`, 'g'), external),
      );
    await preset.apply({ firewall: { loadRules, setSysctls } } as unknown as Lab);
  }

  #spawn(
    namespace: Namespace,
    args: readonly string[],
    before: readonly string[] = [],
  ): { readonly child: ChildProcess; readonly said: { out: string; err: string } } {
    // `ip netns exec` becomes the command: the pid is the command's own.
    const child = spawn('ip', ['netns', 'exec', namespace.name, ...before, process.execPath, MAIN, ...args], {
      ...{ cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const said = { out: '', err: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (said.out += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said.err += chunk));
    this.#children.push(child);
    return { child, said };
  }
}
