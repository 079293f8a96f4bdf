import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFleet, type Link } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { FleetServer } from '../../../src/fleet/server/fleet-server.ts';
import { findNatsServer } from '../../../src/fleet/server/nats-server.ts';
import { changeSettings, type SettingsChange } from '../../../src/fleet/server/settings.ts';
import { freePort } from '../../peers/peer.ts';

/** What `rushhour fleet up` runs, with a real nats-server on loopback and a clock that the test may set. */
export class TestServer {
  readonly dir: string;
  readonly said: string[] = [];
  /** Milliseconds that the clock of the server is ahead. */
  aheadMs = 0;
  readonly #links: Link[] = [];
  #server: FleetServer | undefined;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async start(probes: readonly string[], change: SettingsChange = {}): Promise<TestServer> {
    const server = new TestServer(mkdtempSync(join(tmpdir(), 'rushhour-fleet-')));
    await server.#begin(probes, { port: await freePort(), ...change });
    return server;
  }

  async #begin(probes: readonly string[], change: SettingsChange): Promise<void> {
    this.#server = await FleetServer.start({
      ...{ program: findNatsServer(process.env['PATH'] ?? ''), dir: this.dir, probes },
      settings: await changeSettings(this.dir, change),
      now: () => Date.now() + this.aheadMs,
      say: (line) => this.said.push(line),
    });
  }

  get fleet(): FleetServer {
    return this.#server!;
  }

  /** Ends the server, and starts it in the same folder. */
  async startAgain(): Promise<void> {
    await this.fleet.stop();
    await this.#begin([], {});
  }

  /** File of credentials that were made in the folder. */
  fileOf(who: string): string {
    return join(this.dir, 'credentials', `${who}.json`);
  }

  async connect(file: string, isPatient = false): Promise<Link> {
    const link = await connectFleet(await readCredentials(file), { isPatient });
    this.#links.push(link);
    return link;
  }

  async close(): Promise<void> {
    for (const { connection } of this.#links) await connection.close();
    await this.#server?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
