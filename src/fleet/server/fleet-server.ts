import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Msg } from '@nats-io/transport-node';
import { connectFleet, type Link } from '../connect.ts';
import { readCredentials } from '../credentials.ts';
import { enrolmentRequest, type ServerAnswer, serverRequest } from '../enrolment.ts';
import { readMessage } from '../messages.ts';
import { forgetOrders, provideStreams } from '../operator/streams.ts';
import { PROTOCOL, SUBJECTS } from '../protocol.ts';
import { admitProbe, dropTokens, expectProbe, forgetProbe } from './desk.ts';
import { type FleetFolder, measureRoom, prepareFleetFolder } from './fleet-folder.ts';
import { forgetServer, noteServer } from './left-behind.ts';
import { type RunningServer, startNatsServer } from './nats-server.ts';
import { replicasOf, type ServerSettings } from './settings.ts';

/** The certificate is looked at so often; milliseconds. */
const LOOK_EVERY_MS = 3_600_000;
/** A probe that lost the answer to its token asks again; milliseconds. */
const ASKS_AGAIN_MS = 60_000;

const NOT_UNDERSTOOD: ServerAnswer = {
  ...{ v: PROTOCOL, kind: 'refused' },
  why: `it is not a request that this version understands: install the same rushhour on both`,
};

const OF_A_CLUSTER: ServerAnswer = {
  ...{ v: PROTOCOL, kind: 'refused' },
  why: 'servers of a cluster keep their users each: docs/fleet.md says how to change them on all',
};

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
  #closing = new AbortController();
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
    await dropTokens(dir, ({ expiresAtMs, usedBy }) => usedBy !== undefined || expiresAtMs <= now());
    const folder = await prepareFleetFolder({ dir, settings, probes, storeBytes, nowMs: now() });
    const given = await readGiven(folder);
    const running = await startNatsServer(program, folder.configFile, (pid) => noteServer(dir, pid));
    const server = new FleetServer(options, storeBytes, running, folder, given);
    try {
      server.#link = await connectFleet(await readCredentials(folder.serverFile), { isPatient: false });
      await provideStreams(server.#link, folder.probes, replicasOf(settings));
      server.#attend(server.#link);
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
      const nowMs = this.#options.now();
      await dropTokens(this.#options.dir, ({ expiresAtMs }) => expiresAtMs <= nowMs);
      await this.#bringUpToDate();
    });
  }

  async #bringUpToDate(): Promise<void> {
    const { dir, settings, now } = this.#options;
    const storeBytes = this.#storeBytes;
    this.#folder = await prepareFleetFolder({ dir, settings, probes: [], storeBytes, nowMs: now() });
    const given = await readGiven(this.#folder);
    if (given === this.#given) return;
    await this.#running.reload();
    this.#given = given;
  }

  /** Answers the operator, and new probes. */
  #attend({ connection }: Link): void {
    const answer = (subject: string, act: (message: Msg) => Promise<ServerAnswer>): void => {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return;
          void this.#inTurn(() => act(message))
            .catch((cause: Error): ServerAnswer => {
              this.#options.say(cause.message);
              return { v: PROTOCOL, kind: 'refused', why: cause.message };
            })
            .then((given) => message.respond(JSON.stringify(given)));
        },
      });
    };
    answer(SUBJECTS.server, (message) => this.#serveOperator(message.data));
    answer(SUBJECTS.enrolment('*'), (message) =>
      // The server lets nobody ask for another probe than that of the token.
      this.#admit(message.subject.split('.').at(-1) ?? '', message.data),
    );
  }

  async #serveOperator(data: Uint8Array): Promise<ServerAnswer> {
    const { dir, now, say, settings } = this.#options;
    if (settings.cluster !== undefined) return OF_A_CLUSTER;
    const request = readMessage(serverRequest, data);
    if (request === undefined) return NOT_UNDERSTOOD;
    const { probe } = request;
    if (request.kind === 'enroll') {
      const refused = await expectProbe(dir, request, now());
      if (refused !== undefined) return refused;
      await this.#bringUpToDate();
      say(`a token for ${probe} was made`);
      const { servers, ca } = this.#folder;
      return { v: PROTOCOL, kind: 'expected', servers: [...servers], ca };
    }
    const refused = await forgetProbe(dir, probe);
    if (refused !== undefined) return refused;
    await this.#bringUpToDate();
    await forgetOrders(this.#link!, probe);
    say(`${probe} was revoked`);
    return { v: PROTOCOL, kind: 'done' };
  }

  async #admit(probe: string, data: Uint8Array): Promise<ServerAnswer> {
    const { dir, now, say } = this.#options;
    const request = readMessage(enrolmentRequest, data);
    if (request === undefined) return NOT_UNDERSTOOD;
    const answer = await admitProbe(dir, probe, request.publicKey, now());
    if (answer.kind !== 'done') return answer;
    await provideStreams(this.#link!, [probe], replicasOf(this.#options.settings));
    await this.#bringUpToDate();
    say(`${probe} was enrolled`);
    void this.#dropUsedLater();
    return answer;
  }

  async #dropUsedLater(): Promise<void> {
    const { signal } = this.#closing;
    const isDue = await sleep(ASKS_AGAIN_MS, true, { signal, ref: false }).catch(() => false);
    if (!isDue) return;
    await this.#inTurn(async () => {
      await dropTokens(this.#options.dir, ({ usedBy }) => usedBy !== undefined);
      await this.#bringUpToDate();
    }).catch((error: Error) => this.#options.say(error.message));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#turn;
    await this.#link?.connection.close();
    await this.#running.stop();
    await forgetServer(this.#options.dir);
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
