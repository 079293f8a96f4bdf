import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
export const POLICY = 'schema: 1\nembedded: true\nrate: 200\nattempts: 5000\n';

const END_WITHIN_MS = 20_000;

export interface Said {
  out: string;
  err: string;
}

/** A fleet as its users run it: a server, probes and an operator, each a process of its own, in a folder of its own. */
export class FleetOfCommands {
  readonly dir: string;
  readonly port: number;
  readonly #children: ChildProcess[] = [];
  readonly #said = new Map<ChildProcess, Said>();

  private constructor(dir: string, port: number) {
    this.dir = dir;
    this.port = port;
  }

  /** @param policies by id of the probe: what its policy has beside POLICY */
  static async make(policies: Readonly<Record<string, string>>): Promise<FleetOfCommands> {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-fleet-'));
    const fleet = new FleetOfCommands(dir, await freePort());
    for (const [id, text] of Object.entries(policies)) fleet.writePolicy(id, POLICY + text);
    return fleet;
  }

  writePolicy(id: string, text: string): void {
    writeFileSync(join(this.dir, `${id}.yaml`), text);
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) await this.end(child, 'SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }

  start(args: readonly string[], ofNode: readonly string[] = []): ChildProcess {
    const child = spawn(process.execPath, [...ofNode, MAIN, ...args], {
      ...{ cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const text = { out: '', err: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text.err += chunk));
    this.#said.set(child, text);
    this.#children.push(child);
    return child;
  }

  said(child: ChildProcess): Said {
    return this.#said.get(child)!;
  }

  async says(child: ChildProcess, text: string): Promise<void> {
    const { out, err } = this.said(child);
    if ((out + err).includes(text)) return;
    await expect.poll(() => this.said(child).out + this.said(child).err, { timeout: 60_000 }).toContain(text);
  }

  async end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // An operator that waits for a probe without a link goes on waiting.
    const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    await exited;
    clearTimeout(force);
  }

  async up(...probes: readonly string[]): Promise<ChildProcess> {
    const ids = probes.flatMap((id) => ['--probe', id]);
    const server = this.start(['fleet', 'up', '--port', String(this.port), ...ids]);
    await this.says(server, 'press Ctrl-C');
    return server;
  }

  probe(id: string, flags: readonly string[] = [], ofNode: readonly string[] = []): ChildProcess {
    const files = ['--credentials', `fleet/credentials/${id}.json`, '--policy', `${id}.yaml`];
    return this.start(['probe', ...files, '--results', id, ...flags], ofNode);
  }

  async call(...args: readonly string[]): Promise<Said & { readonly code: number | null }> {
    const child = this.start(args);
    const [code] = await once(child, 'close');
    return { code, ...this.said(child) };
  }

  /** Waits until the operator sees these probes idle. */
  async present(...ids: readonly string[]): Promise<void> {
    const count = async (): Promise<number> =>
      (await this.call('fleet', 'ls')).out.match(/^ {2}(\w+) .* idle /gm)?.length ?? 0;
    await expect.poll(count, { timeout: 60_000 }).toBe(ids.length);
  }

  /** Starts a run and waits for its id. */
  async order(...args: readonly string[]): Promise<{ readonly running: ChildProcess; readonly id: string }> {
    const running = this.start(['fleet', 'run', ...args]);
    await this.says(running, ': ordered from');
    return { running, id: /(\S+): ordered/.exec(this.said(running).err)?.[1] ?? '' };
  }

  /** Folders of a probe's runs, by name. */
  runsOf(id: string): string[] {
    return readdirSync(join(this.dir, id)).filter((name) => !name.startsWith('.'));
  }

  /** The only run of a probe, as it has it and as it arrived. */
  bothOf(id: string, fleetRun: string) {
    const [own = ''] = this.runsOf(id);
    const copy = join(this.dir, 'results', `${fleetRun}-${id}`);
    return { own: filesOf(join(this.dir, id, own)), copy: filesOf(copy) };
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

export function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

export function secondsOf({ 'frames.jsonl': frames = '' }: Record<string, string>): number[] {
  return frames
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).second);
}
