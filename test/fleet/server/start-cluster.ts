import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { connectFleet, type Link } from '../../../src/fleet/connect.ts';
import { type Credentials, readCredentials } from '../../../src/fleet/credentials.ts';
import { FleetServer } from '../../../src/fleet/server/fleet-server.ts';
import { findNatsServer } from '../../../src/fleet/server/nats-server.ts';
import { changeSettings } from '../../../src/fleet/server/settings.ts';
import { freePort } from '../../peers/peer.ts';

export const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

/** What three `rushhour fleet up --cluster` run, each at an address of loopback and in a folder of its own. */
export class TestCluster {
  readonly dir = mkdtempSync(join(tmpdir(), 'rushhour-cluster-'));
  readonly servers = new Map<string, FleetServer>();
  /** What each has said. */
  readonly said = new Map<string, string[]>(HOSTS.map((host) => [host, []]));
  readonly #links: Link[] = [];
  readonly #ports: { readonly port: number; readonly clusterPort: number };

  private constructor(port: number, clusterPort: number) {
    this.#ports = { port, clusterPort };
  }

  /** As docs/fleet.md says: begun on one, whose folder the others are given. */
  static async start(probes: readonly string[]): Promise<TestCluster> {
    const cluster = new TestCluster(await freePort(), await freePort());
    const [first, ...others] = HOSTS;
    mkdirSync(cluster.dirOf(first));
    const begun = cluster.begin(first, { probes });
    try {
      // Its folder is whole once it waits for the others.
      await expect
        .poll(() => readdirSync(cluster.dirOf(first)), { timeout: 20_000 })
        .toContain('running.json');
      for (const host of others) {
        mkdirSync(cluster.dirOf(host));
        for (const name of ['ca.crt', 'ca.key', 'users.json', 'credentials'])
          cpSync(join(cluster.dirOf(first), name), join(cluster.dirOf(host), name), { recursive: true });
      }
      await Promise.all([begun, ...others.map((host) => cluster.begin(host))]);
    } catch (error) {
      await begun.catch(() => {});
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Starts the server of a host, or starts it again. */
  async begin(
    host: string,
    { probes = [], program }: { readonly probes?: readonly string[]; readonly program?: string } = {},
  ): Promise<void> {
    const settings = await changeSettings(this.dirOf(host), {
      ...{ listen: host, cluster: HOSTS.join(',') },
      ...this.#ports,
    });
    const server = await FleetServer.start({
      ...{ dir: this.dirOf(host), settings, probes, now: Date.now },
      program: program ?? findNatsServer(process.env['PATH'] ?? ''),
      say: (line) => this.said.get(host)!.push(line),
    });
    this.servers.set(host, server);
  }

  async stop(host: string): Promise<void> {
    await this.servers.get(host)!.stop();
    this.servers.delete(host);
  }

  dirOf(host: string): string {
    return join(this.dir, host);
  }

  /** Credentials that the first has made, to be used at one host or at all. */
  async credentials(who: string, at?: string): Promise<Credentials> {
    const made = await readCredentials(join(this.dirOf(HOSTS[0]), 'credentials', `${who}.json`));
    return at === undefined ? made : { ...made, servers: [this.urlOf(at)] };
  }

  urlOf(host: string): string {
    return `tls://${host}:${this.#ports.port}`;
  }

  async connect(who: string, at?: string): Promise<Link> {
    return this.join(await this.credentials(who, at), true);
  }

  async join(credentials: Parameters<typeof connectFleet>[0], isPatient = false): Promise<Link> {
    const link = await connectFleet(credentials, { isPatient });
    this.#links.push(link);
    return link;
  }

  /** Sends a signal to the nats-server of a host alone. */
  signal(host: string, signal: NodeJS.Signals): void {
    const conf = join(this.dirOf(host), 'nats-server.conf');
    const pids = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(conf);
      } catch {
        return false;
      }
    });
    expect(pids).toHaveLength(1);
    process.kill(Number(pids[0]), signal);
  }

  async close(): Promise<void> {
    for (const { connection } of this.#links) await connection.close();
    await Promise.all([...this.servers.values()].map((server) => server.stop()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
