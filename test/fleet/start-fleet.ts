import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFleet, type Link } from '../../src/fleet/connect.ts';
import { readCredentials } from '../../src/fleet/credentials.ts';
import { provideStreams } from '../../src/fleet/operator/streams.ts';
import { type FleetFolder, measureRoom, prepareFleetFolder } from '../../src/fleet/server/fleet-folder.ts';
import { findNatsServer, type RunningServer, startNatsServer } from '../../src/fleet/server/nats-server.ts';
import { changeSettings } from '../../src/fleet/server/settings.ts';

/** A real nats-server on loopback, with an operator and probes. */
export class TestFleet {
  readonly dir: string;
  readonly links: Link[] = [];
  server: RunningServer;
  readonly folder: FleetFolder;

  private constructor(folder: FleetFolder, dir: string, server: RunningServer) {
    this.dir = dir;
    this.folder = folder;
    this.server = server;
  }

  static async start(probes: readonly string[]): Promise<TestFleet> {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-fleet-'));
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((closed) => probe.close(closed));
    const settings = await changeSettings(dir, { port });
    const storeBytes = await measureRoom(dir);
    const folder = await prepareFleetFolder({ dir, settings, probes, storeBytes, nowMs: Date.now() });
    const server = await startNatsServer(findNatsServer(process.env['PATH'] ?? ''), folder.configFile);
    const fleet = new TestFleet(folder, dir, server);
    await provideStreams(await fleet.connect('operator'), probes);
    return fleet;
  }

  async connect(who: string): Promise<Link> {
    const file = who === 'operator' ? this.folder.operatorFile : this.folder.probeFiles.get(who)!;
    const link = await connectFleet(await readCredentials(file), { isPatient: true });
    this.links.push(link);
    return link;
  }

  /** As a crash of its machine would. */
  async kill(): Promise<void> {
    this.server.process.kill('SIGKILL');
    await this.server.ended;
  }

  async startAgain(): Promise<void> {
    this.server = await startNatsServer(findNatsServer(process.env['PATH'] ?? ''), this.folder.configFile);
  }

  config(): string {
    return readFileSync(this.folder.configFile, 'utf8');
  }

  async close(): Promise<void> {
    for (const { connection } of this.links) await connection.close();
    await this.server.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
