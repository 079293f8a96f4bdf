import { readFile } from 'node:fs/promises';
import { connectFleet, type Link } from '../connect.ts';
import { readCredentials } from '../credentials.ts';
import { provideStreams } from '../operator/streams.ts';
import { type FleetFolder, measureRoom, prepareFleetFolder } from './fleet-folder.ts';
import { type RunningServer, startNatsServer } from './nats-server.ts';
import type { ServerSettings } from './settings.ts';

/** The certificate is looked at so often; milliseconds. */
const LOOK_EVERY_MS = 3_600_000;

export interface FleetServerOptions {
  /** Path of nats-server. */
  readonly program: string;
  readonly dir: string;
  readonly settings: ServerSettings;
  /** Probes for which credentials are made here. */
  readonly probes: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/** A nats-server and what it needs: streams, users, and a certificate that is renewed in time. */
export class FleetServer {
  readonly #options: FleetServerOptions;
  readonly #storeBytes: number;
  readonly #running: RunningServer;
  #link: Link | undefined;
  #folder: FleetFolder;
  /** What the server was given last: its configuration and its certificate. */
  #given: string;
  #timer: NodeJS.Timeout | undefined;
  /** Changes of the folder are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    options: FleetServerOptions,
    storeBytes: number,
    running: RunningServer,
    folder: FleetFolder,
    given: string,
  ) {
    this.#options = options;
    this.#storeBytes = storeBytes;
    this.#running = running;
    this.#folder = folder;
    this.#given = given;
  }

  /** @throws EnvironmentError if the server does not start */
  static async start(options: FleetServerOptions): Promise<FleetServer> {
    const { program, dir, settings, probes, now } = options;
    const storeBytes = await measureRoom(dir);
    const folder = await prepareFleetFolder({ dir, settings, probes, storeBytes, nowMs: now() });
    const given = await readGiven(folder);
    const running = await startNatsServer(program, folder.configFile);
    const server = new FleetServer(options, storeBytes, running, folder, given);
    try {
      server.#link = await connectFleet(await readCredentials(folder.serverFile), { isPatient: false });
      await provideStreams(server.#link, folder.probes);
    } catch (error) {
      await server.stop();
      throw error;
    }
    server.#timer = setInterval(() => {
      void server.refresh().catch((error: Error) => options.say(error.message));
    }, LOOK_EVERY_MS);
    return server;
  }

  get folder(): FleetFolder {
    return this.#folder;
  }

  /** Resolves once nats-server has ended, with what it said last. */
  get ended(): Promise<string> {
    return this.#running.ended;
  }

  /** Brings the folder up to date, and tells the server if that changed what it was given. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const { dir, settings, now } = this.#options;
      const storeBytes = this.#storeBytes;
      this.#folder = await prepareFleetFolder({ dir, settings, probes: [], storeBytes, nowMs: now() });
      const given = await readGiven(this.#folder);
      if (given === this.#given) return;
      await this.#running.reload();
      this.#given = given;
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
    await this.#link?.connection.close();
    await this.#running.stop();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

async function readGiven({ config, certificateFile }: FleetFolder): Promise<string> {
  return config + (await readFile(certificateFile, 'utf8'));
}
