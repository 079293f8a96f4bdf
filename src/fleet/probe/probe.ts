import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge as judgeMachine } from '../../doctor/judge.ts';
import type { HostFacts } from '../../doctor/types.ts';
import { ENGINE_NAMES } from '../../engine/names.ts';
import type { RunHandle, RunListener, RunOptions } from '../../session/types.ts';
import { connectFleet, type Link } from '../connect.ts';
import type { Credentials } from '../credentials.ts';
import type { ProxyRoute } from '../link/proxy.ts';
import { order, type Presence, type RunOrder, readMessage, readRefused } from '../messages.ts';
import { isDiskFull } from '../outbox/journal.ts';
import { publishTo } from '../outbox/publish.ts';
import type { RunOutbox } from '../outbox/run-outbox.ts';
import type { Policy } from '../policy/schema.ts';
import { PROTOCOL, STREAMS, SUBJECTS } from '../protocol.ts';
import { ProbeOutbox } from './outbox.ts';
import { type PlannedRun, planRun } from './plan-run.ts';
import { Player } from './player.ts';

/** What is recorded is sent so often; milliseconds. */
const SEND_EVERY_MS = 1_000;
/** A server that is not reached is tried again after this. */
const RETRY_MS = 2_000;
/** What is said of this machine is that old at most. */
const LOOK_EVERY_MS = 300_000;
/** What of it a message holds. */
const MOST_CHECKS = 20;
const MOST_TEXT = 1_000;
const PRESENT_EVERY_MS = 15_000;
/** How often it is looked how much waits to be sent, and what is kept for longer than asked. */
const TIDY_EVERY_MS = 5_000;
const ORDERS_WAIT_MS = 30_000;
/** Runs that wait are named in its presence, up to so many. */
const MOST_WAITING = 100;

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

/** Offers this machine to the operator of a fleet until told to stop; a run in progress then drains first. */
export async function runProbe(options: ProbeOptions, signal: AbortSignal): Promise<void> {
  const outbox = await ProbeOutbox.open(join(options.stateDir, 'outbox'), options.id, Date.now());
  const link = await connectFleet(options.credentials, { isPatient: true, proxy: options.proxy });
  const probe = new Probe(options, outbox, link, signal);
  try {
    await probe.serve();
  } finally {
    await link.connection.close();
  }
}

class Probe {
  readonly #options: ProbeOptions;
  readonly #outbox: ProbeOutbox;
  readonly #link: Link;
  readonly #signal: AbortSignal;
  readonly #player: Player;

  constructor(options: ProbeOptions, outbox: ProbeOutbox, link: Link, signal: AbortSignal) {
    this.#options = options;
    this.#outbox = outbox;
    this.#link = link;
    this.#signal = signal;
    this.#host = options.host;
    this.#player = new Player({ ...options, plan: (read) => this.#plan(read) });
  }

  async serve(): Promise<void> {
    this.#answerClock();
    await this.#resume();
    const others = [
      this.#repeat(SEND_EVERY_MS, () => this.#send()),
      this.#repeat(PRESENT_EVERY_MS, () => this.#present()),
      this.#repeat(TIDY_EVERY_MS, () => this.#tidy()),
    ];
    await this.#repeat(RETRY_MS, () => this.#takeOrders());
    await Promise.all(others);
    await this.#player.close();
    await this.#send().catch((error: Error) => this.#complain(error));
  }

  /** Again and again until the end; what fails is tried again. */
  async #repeat(everyMs: number, act: () => Promise<void>): Promise<void> {
    while (!this.#signal.aborted) {
      await act().catch((error: Error) => this.#complain(error));
      await sleep(everyMs, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  #lastComplaint = '';

  /** Each reason once, until there is another. */
  #complain({ message }: Error): void {
    if (message !== this.#lastComplaint) this.#options.say(`the server cannot be told for now: ${message}`);
    this.#lastComplaint = message;
  }

  async #send(): Promise<void> {
    const failed = await this.#outbox.send(publishTo(this.#link));
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

  async #present(): Promise<void> {
    const { id, version } = this.#options;
    const host = await this.#look();
    const { labels = {} } = (await this.#readPolicy()) ?? {};
    const presence: Presence = {
      ...{ v: PROTOCOL, probe: id, version, labels },
      host: {
        ...{ hostname: host.hostname, arch: host.arch, kernel: host.kernel, node: host.node },
        ...{ cpu: host.cpus.model, cpus: host.cpus.count, memoryBytes: host.memoryBytes },
        addresses: [...host.addresses],
      },
      engines: [...ENGINE_NAMES],
      checks: judgeMachine(host)
        .flatMap(({ name, level, what, mend }) =>
          level === 'warn' || level === 'fail'
            ? [
                {
                  name,
                  level,
                  what: what.slice(0, MOST_TEXT),
                  ...(mend !== undefined && { mend: mend.slice(0, MOST_TEXT) }),
                },
              ]
            : [],
        )
        .slice(0, MOST_CHECKS),
      busy: this.#player.busy ?? null,
      waiting: this.#player.waiting.slice(0, MOST_WAITING),
      unsentBytes: await this.#outbox.countUnsent(),
      atMs: Date.now(),
    };
    await this.#link.jetstream.publish(SUBJECTS.presence(id), JSON.stringify(presence));
  }

  #answerClock(): void {
    this.#link.connection.subscribe(SUBJECTS.clock(this.#options.id), {
      callback: (error, message) => {
        // The clock by which a run starts: it may be set while this process runs, as on a Pi that has none of its own.
        const receivedAtMs = Date.now();
        if (error === null)
          message.respond(JSON.stringify({ v: PROTOCOL, receivedAtMs, sentAtMs: Date.now() }));
      },
    });
  }

  /** Runs that were accepted by an earlier process, and have not begun. */
  async #resume(): Promise<void> {
    for (const run of this.#outbox.waiting) {
      const { order } = run;
      if (order === undefined) continue;
      const planned = await this.#plan(order);
      this.#player.play(run, order, planned.accepted ? planned.forUs : 0);
    }
  }

  /** By the policy as it is now. One with mistakes allows nothing until they are mended. */
  async #plan(read: RunOrder): Promise<PlannedRun> {
    const policy = await this.#readPolicy();
    if (policy !== undefined) return planRun(read, policy, Date.now());
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
      if (message !== this.#lastMistake) this.#options.say(`it takes no orders for now: ${message}`);
      this.#lastMistake = message;
      return undefined;
    }
  }

  async #takeOrders(): Promise<void> {
    const { id } = this.#options;
    const consumer = await this.#link.jetstream.consumers.get(STREAMS.orders.name, id);
    const messages = await consumer.consume({ max_messages: 1, expires: ORDERS_WAIT_MS });
    const stop = (): void => messages.stop();
    this.#signal.addEventListener('abort', stop);
    for await (const message of messages) {
      await this.#take(message.data);
      message.ack();
      if (this.#signal.aborted) break;
    }
  }

  async #take(data: Uint8Array): Promise<void> {
    const read = readMessage(order, data);
    if (read === undefined) {
      const refused = readRefused(data);
      this.#options.say(
        `an order was not understood${refused === undefined ? '' : ` (version ${refused.v})`}`,
      );
      if (refused === undefined) return;
      const run = await this.#outbox.take(refused.fleetRun);
      if (run !== undefined)
        await this.#refuse(run, [
          refused.v === PROTOCOL
            ? 'it is not an order that this probe understands'
            : `it is of version ${refused.v}, and this probe is of version ${PROTOCOL}: install the same rushhour on both`,
        ]);
      return;
    }
    if (read.kind === 'stop') {
      this.#player.stop(read.fleetRun, read.how);
      return;
    }
    const run = await this.#outbox.take(read.fleetRun, read).catch(async (error: Error) => {
      if (!isDiskFull(error)) throw error;
      await this.#refuseUnkept(read.fleetRun);
    });
    if (run === undefined) return;
    const planned = await this.#plan(read);
    if (!planned.accepted) return this.#refuse(run, planned.reasons);
    const isBusy = this.#player.refusalOf(read, planned.forUs);
    if (isBusy !== undefined) return this.#refuse(run, [isBusy]);
    await run.addEvent({
      v: PROTOCOL,
      kind: 'accepted',
      fleetRun: read.fleetRun,
      attempts: planned.attempts,
    });
    this.#options.say(`${read.fleetRun}: accepted`);
    this.#player.play(run, read, planned.forUs);
  }

  /** On a full disk, only the server can keep it. */
  async #refuseUnkept(fleetRun: string): Promise<void> {
    const { id, say } = this.#options;
    const reasons = ['its disk is full'];
    say(`${fleetRun}: refused: ${reasons[0]}`);
    const told = JSON.stringify({ v: PROTOCOL, kind: 'refused', fleetRun, reasons });
    const publish = publishTo(this.#link);
    await publish(SUBJECTS.event(id, fleetRun), `${id}.${fleetRun}.refused`, Buffer.from(told));
  }

  async #refuse(run: RunOutbox, reasons: readonly string[]): Promise<void> {
    this.#options.say(`${run.fleetRun}: refused: ${reasons.join('; ')}`);
    await run.addEvent({ v: PROTOCOL, kind: 'refused', fleetRun: run.fleetRun, reasons: [...reasons] });
    await run.finish();
  }
}
