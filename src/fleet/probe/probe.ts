import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { headers } from '@nats-io/transport-node';
import type { HostFacts } from '../../doctor/types.ts';
import { EnvironmentError } from '../../errors.ts';
import type { RunHandle, RunListener, RunOptions } from '../../session/types.ts';
import { acquireLock } from '../../store/lock.ts';
import { makeFolder } from '../../store/make-folder.ts';
import { provideResultsFolder } from '../../store/run-folder.ts';
import type { Link } from '../connect.ts';
import type { Credentials } from '../credentials.ts';
import type { ProxyRoute } from '../link/proxy.ts';
import { publishTo } from '../outbox/publish.ts';
import type { Policy } from '../policy/schema.ts';
import { PROCESS_HEADER, PROTOCOL, STREAMS, SUBJECTS } from '../protocol.ts';
import type { LinkWatch } from '../watch-link.ts';
import { connectPatiently, tellOfLink } from './keep-link.ts';
import { lackOfFolders } from './lack-of-folders.ts';
import { Orders } from './orders.ts';
import { ProbeOutbox } from './outbox.ts';
import { type PlannedOrder, type PlannedRun, planRun } from './plan-run.ts';
import { describeProbe, describeTwin, NO_POLICY, TwinWatch } from './presence.ts';

/** What is recorded is sent so often; milliseconds. */
const SEND_EVERY_MS = 1_000;
/** A server that is not reached is tried again after this. */
const RETRY_MS = 2_000;
/** What is said of this machine is that old at most. */
const LOOK_EVERY_MS = 300_000;
const PRESENT_EVERY_MS = 15_000;
/** How often it is looked how much waits to be sent, and what is kept for longer than asked. */
const TIDY_EVERY_MS = 5_000;
const ORDERS_WAIT_MS = 30_000;
/** How often it is looked whether a night begins. */
const NIGHTS_EVERY_MS = 5_000;

export interface ProbeOptions {
  readonly id: string;
  readonly credentials: Credentials;
  readonly proxy?: ProxyRoute | undefined;
  /** The policy as it is now. @throws UsageError if it cannot be read */
  readonly readPolicy: () => Promise<Policy>;
  /** Folder of what is still to be sent. */
  readonly stateDir: string;
  readonly resultsDir: string;
  /** Most bytes that wait on the disk to be sent. */
  readonly keepUnsentBytes: number;
  /** For how long the folder of a run is kept after all of it was sent, milliseconds; undefined: always. */
  readonly keepSentMs: number | undefined;
  readonly version: string;
  /** As it is at the start, and later. */
  readonly host: HostFacts;
  readonly readHost: () => Promise<HostFacts>;
  readonly command: readonly string[];
  readonly say: (line: string) => void;
  readonly startSession: (options: RunOptions, listener: RunListener) => Promise<RunHandle>;
}

/**
 * Offers this machine to the operator of a fleet until told to stop; a run in progress then drains first. Whether the
 * server is there or not, what was accepted is run.
 * @param hurry ends the attempts of a run in progress, too
 * @throws EnvironmentError if nothing can be kept in the folders of the results or of what is to be sent
 */
export async function runProbe(
  options: ProbeOptions,
  signal: AbortSignal,
  hurry?: AbortSignal,
): Promise<void> {
  const { resultsDir, stateDir, id } = options;
  await provideResultsFolder(resultsDir);
  await makeFolder(outboxIn(stateDir), 0o700).catch((cause: Error) => {
    throw new EnvironmentError(`cannot keep in ${stateDir} what is to be sent (${cause.message})`, {
      hint: 'choose a writable folder with --state DIR, or free disk space',
      cause,
    });
  });
  const lock = await acquireLock(stateDir, `probe ${id}`, ({ what, process }) => {
    return new EnvironmentError(`${what} runs already with ${stateDir} (process ${process.pid})`, {
      hint: 'end that one, or give each probe of this machine a folder of its own: --results DIR',
    });
  });
  try {
    await serveProbe(options, signal, hurry);
  } finally {
    await lock.release();
  }
}

function outboxIn(stateDir: string): string {
  return join(stateDir, 'outbox');
}

async function serveProbe(options: ProbeOptions, signal: AbortSignal, hurry?: AbortSignal): Promise<void> {
  const { stateDir, id } = options;
  const outbox = await ProbeOutbox.open(outboxIn(stateDir), id, Date.now());
  const probe = new Probe(options, outbox, signal);
  hurry?.addEventListener('abort', () => probe.abort(), { once: true });
  await probe.serve();
}

/** Each mistake of a policy in a line of its own. */
export function sayMistakes(message: string, say: (line: string) => void): void {
  for (const line of `it takes no orders for now: ${message}`.split('\n')) say(line);
}

class Probe {
  readonly #options: ProbeOptions;
  readonly #outbox: ProbeOutbox;
  readonly #signal: AbortSignal;
  readonly #orders: Orders;

  constructor(options: ProbeOptions, outbox: ProbeOutbox, signal: AbortSignal) {
    this.#options = options;
    this.#outbox = outbox;
    this.#signal = signal;
    this.#host = options.host;
    this.#orders = new Orders({
      ...{ ...options, outbox },
      plan: (read, hasBegun) => this.#plan(read, hasBegun),
    });
  }

  async serve(): Promise<void> {
    const { id, credentials, say } = this.#options;
    say(`probe ${id}: connecting to ${credentials.servers.join(', ')}; press Ctrl-C to stop`);
    await this.#orders.resume();
    const alone = [
      this.#repeat(TIDY_EVERY_MS, () => this.#tidy(), true),
      this.#repeat(NIGHTS_EVERY_MS, () => this.#orders.look(Date.now()), true),
    ];
    const link = await connectPatiently(this.#options, this.#signal);
    if (link !== undefined) await this.#serveOperator(link);
    await Promise.all(alone);
    await this.#orders.close();
    if (link === undefined) return;
    // Of a server that is away, nothing will be heard: it waits on the disk.
    if (this.#watch?.isAway === true) return void link.connection.close().catch(() => {});
    await this.#send(link)
      .then(() => this.#present(link, true))
      .catch((error: Error) => this.#complain(error));
    await link.connection.close();
  }

  async #serveOperator(link: Link): Promise<void> {
    this.#answerClock(link);
    this.#watchForTwins(link);
    this.#watch = tellOfLink(link, this.#options, this.#signal);
    this.#signal.addEventListener('abort', () => this.#giveUp(link), { once: true });
    const others = [
      this.#repeat(SEND_EVERY_MS, () => this.#send(link)),
      this.#repeat(PRESENT_EVERY_MS, () => this.#present(link)),
    ];
    await this.#repeat(RETRY_MS, () => this.#takeOrders(link));
    await Promise.all(others);
  }

  #watch: LinkWatch | undefined;

  /** Nobody waits at the end for answers that will not come. The end of a run in progress may still be told. */
  #giveUp(link: Link): void {
    const isIdle = this.#orders.describe(Date.now()).busy === null;
    if (this.#watch?.isRefused === true || (this.#watch?.isAway === true && isIdle))
      void link.connection.close().catch(() => {});
  }

  /** Ends the attempts of a run in progress at once. */
  abort(): void {
    this.#orders.abort();
  }

  /** Again and again until the end; what fails is tried again. */
  async #repeat(everyMs: number, act: () => Promise<void>, isAlone = false): Promise<void> {
    while (!this.#signal.aborted) {
      await act().catch((error: Error) => this.#complain(error, isAlone));
      await sleep(everyMs, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  #lastComplaint = '';

  /** Each reason once, until there is another. */
  #complain({ message }: Error, isAlone = false): void {
    // Why the server cannot be told has been said.
    if (this.#watch?.isAway === true && !isAlone) return;
    if (message !== this.#lastComplaint) this.#options.say(`the server cannot be told for now: ${message}`);
    this.#lastComplaint = message;
  }

  async #send(link: Link): Promise<void> {
    const failed = await this.#outbox.send(publishTo(link));
    if (failed !== undefined) throw failed;
    this.#lastComplaint = '';
  }

  async #tidy(): Promise<void> {
    const { keepUnsentBytes, keepSentMs, say } = this.#options;
    await this.#outbox.keepWithin(keepUnsentBytes, say);
    await this.#outbox.removeSent(keepSentMs, Date.now());
  }

  #host: HostFacts;
  #lookedAtMs = performance.now();

  /** What this machine is like; addresses and limits change while a probe runs. */
  async #look(): Promise<HostFacts> {
    if (performance.now() - this.#lookedAtMs < LOOK_EVERY_MS) return this.#host;
    this.#lookedAtMs = performance.now();
    this.#host = await this.#options.readHost();
    return this.#host;
  }

  async #present(link: Link, hasLeft?: true): Promise<void> {
    const { id, version, resultsDir, stateDir } = this.#options;
    const host = await this.#look();
    const policy = await this.#readPolicy();
    if (policy !== undefined) this.#labels = policy.labels ?? {};
    const labels = this.#labels;
    const { twin } = this.#twins;
    const folders = await lackOfFolders(resultsDir, outboxIn(stateDir));
    const amiss = [
      ...(twin === undefined ? [] : [describeTwin(id, twin)]),
      ...(policy === undefined ? [NO_POLICY] : []),
      ...(folders === undefined ? [] : [folders]),
    ];
    const [nowMs, unsentBytes] = [Date.now(), await this.#outbox.countUnsent()];
    const own = { probe: id, version, labels, ...this.#orders.describe(nowMs), unsentBytes, hasLeft };
    const presence = JSON.stringify(describeProbe(host, own, nowMs, amiss));
    const from = headers();
    from.set(PROCESS_HEADER, this.#process);
    await link.jetstream.publish(SUBJECTS.presence(id), presence, { headers: from });
  }

  /** As the policy had them when it could be read last. */
  #labels: Readonly<Record<string, string>> = {};

  readonly #process = randomUUID();
  readonly #twins = new TwinWatch(this.#process);

  /** Two processes with the same credentials share the orders, and neither is what the operator sees. */
  #watchForTwins(link: Link): void {
    const { id, say } = this.#options;
    // A server that was started by an earlier version does not let it.
    link.connection.subscribe(SUBJECTS.presence(id), {
      callback: (error, message) => {
        if (error !== null) return;
        const heard = this.#twins.hear(message.headers?.get(PROCESS_HEADER) ?? '', message.data);
        // What it said last, that this probe is away, is wrong: one of the two is still there.
        if (heard === 'left' && !this.#signal.aborted)
          void this.#present(link).catch((cause: Error) => this.#complain(cause));
        if (heard !== 'came') return;
        const { what, mend } = describeTwin(id, this.#twins.twin!);
        say(`${what} (${mend})`);
      },
    });
  }

  #answerClock(link: Link): void {
    link.connection.subscribe(SUBJECTS.clock(this.#options.id), {
      callback: (error, message) => {
        // The clock by which a run starts: it may be set while this process runs, as on a Pi that has none of its own.
        const receivedAtMs = Date.now();
        if (error === null)
          message.respond(JSON.stringify({ v: PROTOCOL, receivedAtMs, sentAtMs: Date.now() }));
      },
    });
  }

  /** By the policy as it is now. One with mistakes allows nothing until they are mended. */
  async #plan(read: PlannedOrder, hasBegun = false): Promise<PlannedRun> {
    const policy = await this.#readPolicy();
    if (policy !== undefined) return planRun(read, policy, Date.now(), hasBegun);
    return { accepted: false, reasons: ['its policy cannot be read, which its owner has to mend'] };
  }

  #lastMistake = '';

  /** Mistakes are shown to the owner of the probe alone, each once. */
  async #readPolicy(): Promise<Policy | undefined> {
    try {
      const policy = await this.#options.readPolicy();
      this.#lastMistake = '';
      return policy;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#lastMistake) sayMistakes(message, this.#options.say);
      this.#lastMistake = message;
      return undefined;
    }
  }

  async #takeOrders(link: Link): Promise<void> {
    const { id, resultsDir, stateDir } = this.#options;
    const consumer = await link.jetstream.consumers.get(STREAMS.orders.name, id);
    const messages = await consumer.consume({ max_messages: 1, expires: ORDERS_WAIT_MS });
    const stop = (): void => messages.stop();
    this.#signal.addEventListener('abort', stop);
    for await (const message of messages) {
      await lackOfFolders(resultsDir, outboxIn(stateDir));
      await this.#orders.take(message.data, publishTo(link));
      message.ack();
      // Whoever ordered it may look at once what became of it.
      await this.#present(link).catch((error: Error) => this.#complain(error));
      if (this.#signal.aborted) break;
    }
  }
}
