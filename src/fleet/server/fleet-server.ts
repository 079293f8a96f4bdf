import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectFleet, type Link } from '../connect.ts';
import { type Credentials, readCredentials } from '../credentials.ts';
import { provideStreams } from '../operator/streams.ts';
import { findDamage } from './damage.ts';
import { Desk, withoutTokens } from './desk.ts';
import { credentialsFileOf, type FleetFolder, measureRoom, prepareFleetFolder } from './fleet-folder.ts';
import { forgetServer, noteServer } from './left-behind.ts';
import { type RunningServer, startNatsServer } from './nats-server.ts';
import { Peers } from './peers.ts';
import {
  keepSettings,
  peersOf,
  replicasOf,
  requireOwnAddress,
  type ServerSettings,
  serverName,
  urlsFor,
} from './settings.ts';
import { UserBook } from './user-book.ts';
import { ChangeSeal, type SignedChange, type UserChange } from './user-change.ts';
import { readUsers, writeUsers } from './users.ts';

/** The certificate is looked at so often; milliseconds. */
const LOOK_EVERY_MS = 3_600_000;
/** A probe that lost the answer to its token asks again; milliseconds. */
const ASKS_AGAIN_MS = 60_000;
/** The other servers are asked so often for what was not heard; milliseconds. */
const ASK_EVERY_MS = 15_000;

const WORDS: Readonly<Record<UserChange['state']['kind'], string>> = {
  expected: 'has a token',
  enrolled: 'was enrolled',
  revoked: 'was revoked',
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
  #storeBytes = 0;
  #running: RunningServer | undefined;
  #link: Link | undefined;
  #folder: FleetFolder | undefined;
  /** What the server was given last: its configuration and its certificate. */
  #given = '';
  #timers: NodeJS.Timeout[] = [];
  #closing = new AbortController();
  /** Changes of the folder are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #hasToldOfKeys = false;

  private constructor(options: FleetServerOptions) {
    this.#options = options;
  }

  /** @throws EnvironmentError if the server does not start */
  static async start(options: FleetServerOptions): Promise<FleetServer> {
    const server = new FleetServer(options);
    try {
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async #start(): Promise<void> {
    const { program, dir, settings, now } = this.#options;
    await requireOwnAddress(settings);
    this.#storeBytes = await measureRoom(dir);
    await this.#catchUp();
    await this.#dropTokens(({ expiresAtMs, usedBy }) => usedBy !== undefined || expiresAtMs <= now());
    for (const line of await findDamage(dir, await readUsers(dir))) this.#options.say(line);
    const folder = await this.#prepare();
    this.#given = await readGiven(folder);
    this.#running = await startNatsServer(program, folder.configFile, (pid) => noteServer(dir, pid));
    // One that does not start is not tried again with the same mistake.
    await keepSettings(dir, settings);
    const credentials = await readCredentials(folder.serverFile);
    const link = await connectFleet(credentials, { isPatient: false });
    this.#link = link;
    const book = new UserBook(dir, new ChangeSeal(credentials.seed), now);
    const peers = this.#peersWith(book);
    peers?.attend(link.connection);
    const replicas = replicasOf(settings);
    await provideStreams(link, folder.probes, replicas);
    await peers?.ask(link.connection);
    new Desk(link, {
      ...{ book, own: serverName(settings), replicas, now, say: this.#options.say },
      change: (act) => this.#change(act),
      tell: async (connection, change) =>
        peers === undefined ? undefined : ((await peers.tell(connection, change)) ?? 'superseded'),
      folder: () => this.folder,
    }).attend();
    this.#repeat(LOOK_EVERY_MS, () => this.refresh());
    if (peers !== undefined) this.#repeat(ASK_EVERY_MS, () => peers.ask(link.connection));
  }

  get folder(): FleetFolder {
    return this.#folder!;
  }

  /** Resolves once nats-server has ended, with what it said last. */
  get ended(): Promise<string> {
    return this.#running!.ended;
  }

  /** Brings the folder up to date, and tells the server if that changed what it was given. */
  refresh(): Promise<void> {
    const nowMs = this.#options.now();
    return this.#change(() => this.#dropTokens(({ expiresAtMs }) => expiresAtMs <= nowMs));
  }

  /** Makes the folder, and notes which probes are new. */
  async #prepare(): Promise<FleetFolder> {
    const { dir, settings, probes, now } = this.#options;
    const plan = { dir, settings, storeBytes: this.#storeBytes };
    const before = new Set((await readUsers(dir)).probes.map(({ id }) => id));
    this.#folder = await prepareFleetFolder({ ...plan, probes, nowMs: now() });
    const made = (await readUsers(dir)).probes.filter(({ id }) => !before.has(id));
    if (made.length === 0) return this.#folder;
    const { seed } = await readCredentials(this.#folder.serverFile);
    const book = new UserBook(dir, new ChangeSeal(seed), now);
    for (const { id, publicKey } of made) await book.make(id, { kind: 'enrolled', publicKey });
    this.#folder = await prepareFleetFolder({ ...plan, probes: [], nowMs: now() });
    return this.#folder;
  }

  /** Hears from the other servers what was changed while this one was away, before anybody can connect to it. */
  async #catchUp(): Promise<void> {
    const { dir, settings, now, say } = this.#options;
    const own = await readCredentials(credentialsFileOf(dir, 'server')).catch(() => undefined);
    if (own === undefined || settings.cluster === undefined) return;
    const peers = this.#peersWith(new UserBook(dir, new ChangeSeal(own.seed), now))!;
    const heard = await Promise.all(
      peersOf(settings).map((host) => askAt(peers, own, urlsFor([host], settings).slice(0, 1))),
    );
    if (heard.some((answers) => answers > 0)) return;
    say(
      'no other server of the cluster answers: who was enrolled or revoked meanwhile is heard once one does',
    );
  }

  #peersWith(book: UserBook): Peers | undefined {
    const { settings } = this.#options;
    if (settings.cluster === undefined) return undefined;
    const [own, others] = [serverName(settings), peersOf(settings)];
    return new Peers({ own, others, book, take: (changes, from) => this.#take(book, changes, from) });
  }

  async #take(
    book: UserBook,
    changes: readonly SignedChange[],
    from: string,
  ): Promise<readonly UserChange[]> {
    const { say } = this.#options;
    const { news, isForeign } = await this.#change(() => book.merge(changes));
    for (const { probe, state } of news) say(`${probe} ${WORDS[state.kind]}, as ${from} says`);
    if (isForeign && !this.#hasToldOfKeys) {
      this.#hasToldOfKeys = true;
      say(`${from} has another key: copy credentials/server.json of one server to all, and start them again`);
    }
    return news;
  }

  /** Does this to the users, one after the other, and tells nats-server once it is there. */
  #change<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      const result = await act();
      if (this.#running !== undefined) await this.#bringUpToDate(this.#running);
      return result;
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #bringUpToDate(running: RunningServer): Promise<void> {
    const { dir, settings, now } = this.#options;
    const storeBytes = this.#storeBytes;
    this.#folder = await prepareFleetFolder({ dir, settings, probes: [], storeBytes, nowMs: now() });
    const given = await readGiven(this.#folder);
    if (given === this.#given) return;
    await running.reload();
    this.#given = given;
    const { tokens } = await readUsers(dir);
    if (tokens.some(({ usedBy }) => usedBy !== undefined)) void this.#dropUsedLater();
  }

  async #dropTokens(isOver: Parameters<typeof withoutTokens>[1]): Promise<void> {
    const { dir } = this.#options;
    const left = withoutTokens(await readUsers(dir), isOver);
    if (left !== undefined) await writeUsers(dir, left);
  }

  async #dropUsedLater(): Promise<void> {
    const { signal } = this.#closing;
    const isDue = await sleep(ASKS_AGAIN_MS, true, { signal, ref: false }).catch(() => false);
    if (!isDue) return;
    await this.#change(() => this.#dropTokens(({ usedBy }) => usedBy !== undefined)).catch((error: Error) =>
      this.#options.say(error.message),
    );
  }

  #repeat(everyMs: number, act: () => Promise<unknown>): void {
    const told = (error: Error): void => this.#options.say(error.message);
    this.#timers.push(setInterval(() => void act().catch(told), everyMs));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#closing.abort();
    await this.#turn;
    await this.#link?.connection.close();
    if (this.#running === undefined) return;
    await this.#running.stop();
    await forgetServer(this.#options.dir);
  }
}

/** @returns how many servers have answered, by the way of this one */
async function askAt(peers: Peers, credentials: Credentials, servers: readonly string[]): Promise<number> {
  try {
    const { connection } = await connectFleet(
      { ...credentials, servers: [...servers] },
      { isPatient: false },
    );
    try {
      return await peers.ask(connection);
    } finally {
      await connection.close();
    }
  } catch {
    return 0;
  }
}

async function readGiven({ config, certificateFile }: FleetFolder): Promise<string> {
  return config + (await readFile(certificateFile, 'utf8'));
}
