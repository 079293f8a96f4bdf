import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostFacts } from '../../doctor/types.ts';
import { ENGINE_NAMES } from '../../engine/names.ts';
import { decideWorkers } from '../../session/load/decide-workers.ts';
import type { RunHandle, RunListener, RunOptions } from '../../session/types.ts';
import { markProcess } from '../../store/process-mark.ts';
import { readRunInfo } from '../../store/read-info.ts';
import { connectFleet, type Link } from '../connect.ts';
import type { Credentials } from '../credentials.ts';
import {
  type FleetEvent,
  order,
  type Presence,
  type RunOrder,
  readMessage,
  readRefused,
} from '../messages.ts';
import { publishTo } from '../outbox/publish.ts';
import type { RunOutbox } from '../outbox/run-outbox.ts';
import type { Policy } from '../policy/schema.ts';
import { PROTOCOL, STREAMS, SUBJECTS } from '../protocol.ts';
import { ProbeOutbox } from './outbox.ts';
import { planRun } from './plan-run.ts';

/** What is recorded is sent so often; milliseconds. */
const SEND_EVERY_MS = 1_000;
/** A server that is not reached is tried again after this. */
const RETRY_MS = 2_000;
const PRESENT_EVERY_MS = 15_000;
/** Before second 0, to look names up, start threads and rehearse; milliseconds. */
const PREPARE_MS = 15_000;
const ORDERS_WAIT_MS = 30_000;

export interface ProbeOptions {
  readonly id: string;
  readonly credentials: Credentials;
  readonly policy: Policy;
  /** Folder of what is still to be sent. */
  readonly stateDir: string;
  readonly resultsDir: string;
  readonly version: string;
  readonly host: HostFacts;
  readonly command: readonly string[];
  readonly say: (line: string) => void;
  readonly startSession: (options: RunOptions, listener: RunListener) => Promise<RunHandle>;
}

/** Offers this machine to the operator of a fleet until told to stop; a run in progress then drains first. */
export async function runProbe(options: ProbeOptions, signal: AbortSignal): Promise<void> {
  const outbox = await ProbeOutbox.open(join(options.stateDir, 'outbox'), options.id);
  const link = await connectFleet(options.credentials, { isPatient: true });
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
  #current: { readonly fleetRun: string; handle?: RunHandle; stop?: 'drain' | 'abort' } | undefined;
  #playing: Promise<void> = Promise.resolve();

  constructor(options: ProbeOptions, outbox: ProbeOutbox, link: Link, signal: AbortSignal) {
    this.#options = options;
    this.#outbox = outbox;
    this.#link = link;
    this.#signal = signal;
  }

  async serve(): Promise<void> {
    this.#signal.addEventListener('abort', () => this.#stop('drain'));
    this.#answerClock();
    const others = [
      this.#repeat(SEND_EVERY_MS, () => this.#send()),
      this.#repeat(PRESENT_EVERY_MS, () => this.#present()),
    ];
    await this.#repeat(RETRY_MS, () => this.#takeOrders());
    await Promise.all(others);
    await this.#playing;
    await this.#send();
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

  async #present(): Promise<void> {
    const { id, version, policy, host } = this.#options;
    const presence: Presence = {
      ...{ v: PROTOCOL, probe: id, version, labels: policy.labels ?? {} },
      host: {
        ...{ hostname: host.hostname, arch: host.arch, kernel: host.kernel, node: host.node },
        ...{ cpu: host.cpus.model, cpus: host.cpus.count, memoryBytes: host.memoryBytes },
        addresses: [...host.addresses],
      },
      engines: [...ENGINE_NAMES],
      busy: this.#current?.fleetRun ?? null,
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
      if (this.#current?.fleetRun === read.fleetRun) this.#stop(read.how);
      return;
    }
    const run = await this.#outbox.take(read.fleetRun);
    if (run === undefined) return;
    const planned =
      this.#current === undefined
        ? await planRun(read, this.#options.policy, Date.now())
        : { accepted: false as const, reasons: [`it is busy with ${this.#current.fleetRun}`] };
    if (!planned.accepted) return this.#refuse(run, planned.reasons);
    await run.addEvent({
      v: PROTOCOL,
      kind: 'accepted',
      fleetRun: read.fleetRun,
      attempts: planned.attempts,
    });
    this.#options.say(`${read.fleetRun}: accepted`);
    this.#current = { fleetRun: read.fleetRun };
    this.#playing = this.#play(run, read, planned.scenario);
  }

  async #refuse(run: RunOutbox, reasons: readonly string[]): Promise<void> {
    this.#options.say(`${run.fleetRun}: refused: ${reasons.join('; ')}`);
    await run.addEvent({ v: PROTOCOL, kind: 'refused', fleetRun: run.fleetRun, reasons: [...reasons] });
    await run.finish();
  }

  /** From here on, the server is not needed: the run goes on to its planned end. */
  async #play(run: RunOutbox, read: RunOrder, scenario: RunOptions['scenario']): Promise<void> {
    const { say } = this.#options;
    const { fleetRun } = read;
    const end = async (
      status: Extract<FleetEvent, { kind: 'ended' }>['status'],
      why?: string,
    ): Promise<void> => {
      say(`${fleetRun}: ${status}${why === undefined ? '' : ` (${why})`}`);
      await run.addEvent({ v: PROTOCOL, kind: 'ended', fleetRun, status, ...(why !== undefined && { why }) });
    };
    try {
      await sleep(Math.max(0, read.startsAtMs - PREPARE_MS - Date.now()), undefined, {
        signal: this.#signal,
      });
      const handle = await this.#start(run, read, scenario);
      const { summary } = await handle.finished;
      await end(summary.run.status === 'running' ? 'interrupted' : summary.run.status);
    } catch (error) {
      const { stop } = this.#current ?? {};
      if (stop === undefined) await end('failed', (error as Error).message);
      else await end('interrupted', 'it was stopped before it began');
    } finally {
      this.#current = undefined;
      await run.finish();
    }
  }

  async #start(run: RunOutbox, read: RunOrder, scenario: RunOptions['scenario']): Promise<RunHandle> {
    const { id, resultsDir, startSession, host, command, say } = this.#options;
    const engine = 'auto';
    const handle = await startSession(
      {
        ...{ scenario, label: labelOf(read, id), engine, resultsDir, command, look: 'stop' },
        workers: decideWorkers({ workers: 'auto', engine }, scenario, { cores: host.cpus.count }),
        ...{ startsAtMs: read.startsAtMs, share: read.share },
      },
      {
        approve: async () => {
          if (this.#current?.stop !== undefined) throw new Error('stopped');
        },
        warning: (message) => say(`${read.fleetRun}: ${message}`),
      },
    );
    const { dir } = handle.plan;
    await run.addFolder(dir, JSON.stringify(markProcess()));
    const { startedAt } = await readRunInfo(dir);
    await run.addEvent({
      ...{ v: PROTOCOL, kind: 'started', fleetRun: read.fleetRun, folder: handle.plan.id },
      startedAtMs: Date.parse(startedAt),
    });
    if (this.#current !== undefined) {
      this.#current.handle = handle;
      if (this.#current.stop !== undefined) handle.stop(this.#current.stop);
    }
    return handle;
  }

  #stop(how: 'drain' | 'abort'): void {
    if (this.#current === undefined) return;
    this.#current.stop = how;
    this.#current.handle?.stop(how);
  }
}

/** Tells the runs of probes apart wherever they are listed together. */
function labelOf({ label, fleetRun }: RunOrder, id: string): string {
  return label === '' ? `${id} of ${fleetRun}` : `${label} (${id} of ${fleetRun})`;
}
