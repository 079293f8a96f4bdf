import { setTimeout as sleep } from 'node:timers/promises';
import type { HostFacts } from '../../doctor/types.ts';
import { findCutShort } from '../../session/find-cut-short.ts';
import { decideWorkers } from '../../session/load/decide-workers.ts';
import { stretchToSoak } from '../../session/schedule.ts';
import type { RunHandle, RunListener, RunOptions } from '../../session/types.ts';
import { fingerprintOf } from '../../store/experiment-file.ts';
import { labelOfPart } from '../../store/fleet-file.ts';
import { markProcess } from '../../store/process-mark.ts';
import { readRunInfo } from '../../store/read-info.ts';
import type { FleetEvent, RunOrder } from '../messages.ts';
import type { RunOutbox } from '../outbox/run-outbox.ts';
import { PROTOCOL } from '../protocol.ts';
import type { PlannedRun } from './plan-run.ts';

/** Before second 0, to look names up, start threads and rehearse; milliseconds. */
const PREPARE_MS = 15_000;
/** After its load, for open attempts and what is written at the end; milliseconds. */
const AFTERWARDS_MS = 30_000;

export interface PlayerOptions {
  readonly id: string;
  readonly resultsDir: string;
  readonly host: HostFacts;
  readonly command: readonly string[];
  readonly say: (line: string) => void;
  readonly startSession: (options: RunOptions, listener: RunListener) => Promise<RunHandle>;
  /** Judges an order by the policy as it is now. */
  readonly plan: (order: RunOrder, hasBegun: boolean) => Promise<PlannedRun>;
  /** Told of each run that has ended. */
  readonly ended: (order: RunOrder, status: EndStatus) => Promise<void>;
}

/** An order that was accepted: it waits for its time, or is under way. */
interface Taken {
  readonly fleetRun: string;
  /** From preparing it to its end, milliseconds since 1970 by the clock of this machine. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Ends its waiting. */
  readonly waiting: AbortController;
  handle?: RunHandle;
  stop?: 'drain' | 'abort';
  /** It has been prepared, or is. */
  hasBegun: boolean;
}

export type EndStatus = Extract<FleetEvent, { kind: 'ended' }>['status'];

/** Plays the runs that a probe accepted, one at a time, each from its second 0. From then on, no server is needed. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #taken = new Map<string, Taken>();
  readonly #playing = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  /** The run that is prepared or under way. */
  get busy(): string | undefined {
    return [...this.#taken.values()].find(({ hasBegun }) => hasBegun)?.fleetRun;
  }

  /** Accepted runs whose time has not come. */
  get waiting(): string[] {
    return [...this.#taken.values()].filter(({ hasBegun }) => !hasBegun).map(({ fleetRun }) => fleetRun);
  }

  /** Why there is no time for a run, as a sentence; undefined if there is. @param forUs length of its load */
  refusalOf({ startsAtMs }: RunOrder, forUs: number): string | undefined {
    const { fromMs, toMs } = spanOf(startsAtMs, forUs);
    const other = [...this.#taken.values()].find((each) => each.fromMs < toMs && fromMs < each.toMs);
    if (other === undefined) return undefined;
    const until = new Date(other.toMs).toISOString().slice(0, 19);
    return other.hasBegun
      ? `it is busy with ${other.fleetRun}, until ${until}Z by its clock`
      : `it has accepted ${other.fleetRun} for that time, until ${until}Z by its clock`;
  }

  /** Waits for the time of a run and plays it. @param forUs length of its load */
  play(run: RunOutbox, order: RunOrder, forUs: number): void {
    const { fleetRun } = order;
    const taken: Taken = {
      ...{ fleetRun, waiting: new AbortController(), hasBegun: false },
      ...spanOf(order.startsAtMs, forUs),
    };
    this.#taken.set(fleetRun, taken);
    const playing = this.#play(run, order, taken)
      .catch((error: Error) => this.#options.say(`${fleetRun}: ${error.message}`))
      .finally(() => {
        this.#taken.delete(fleetRun);
        this.#playing.delete(playing);
      });
    this.#playing.add(playing);
  }

  stop(fleetRun: string, how: 'drain' | 'abort'): void {
    const taken = this.#taken.get(fleetRun);
    if (taken === undefined) return;
    taken.stop = how;
    taken.waiting.abort();
    taken.handle?.stop(how);
  }

  /** Lets a run in progress finish its attempts; what waits is left for a later process. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { fleetRun, hasBegun, waiting } of this.#taken.values()) {
      if (hasBegun) this.stop(fleetRun, 'drain');
      else waiting.abort();
    }
    await Promise.all(this.#playing);
  }

  /** Ends the attempts of a run in progress at once. */
  abort(): void {
    for (const { fleetRun, hasBegun } of this.#taken.values()) if (hasBegun) this.stop(fleetRun, 'abort');
  }

  async #play(run: RunOutbox, order: RunOrder, taken: Taken): Promise<void> {
    await waitUntil(order.startsAtMs - PREPARE_MS, taken.waiting.signal);
    if (this.#isClosing && taken.stop === undefined) return;
    const { status, why } = await this.#playToEnd(run, order, taken);
    this.#options.say(`${run.fleetRun}: ${status}${why === undefined ? '' : ` (${why})`}`);
    const { fleetRun } = run;
    await run.addEvent({ v: PROTOCOL, kind: 'ended', fleetRun, status, ...(why !== undefined && { why }) });
    await run.finish();
    await this.#options.ended(order, status);
  }

  async #playToEnd(
    run: RunOutbox,
    order: RunOrder,
    taken: Taken,
  ): Promise<{ readonly status: EndStatus; readonly why?: string }> {
    const notBegun = { status: 'interrupted', why: 'it was stopped before it began' } as const;
    try {
      if (taken.stop !== undefined) return notBegun;
      if (this.busy !== undefined) {
        return { status: 'failed', why: `${this.busy} was still in progress when it was to begin` };
      }
      taken.hasBegun = true;
      // The owner may have changed the policy while it waited.
      const planned = await this.#options.plan(order, run.folder !== undefined);
      if (!planned.accepted) {
        return { status: 'interrupted', why: `refused when it was to begin: ${planned.reasons.join('; ')}` };
      }
      const handle = await this.#start(run, order, planned.scenario, taken);
      const { summary, unkept } = await handle.finished;
      if (unkept !== undefined) return { status: 'failed', why: unkept.message };
      return { status: summary.run.status === 'running' ? 'interrupted' : summary.run.status };
    } catch (error) {
      return taken.stop === undefined ? { status: 'failed', why: (error as Error).message } : notBegun;
    }
  }

  async #start(
    run: RunOutbox,
    order: RunOrder,
    scenario: RunOptions['scenario'],
    taken: Taken,
  ): Promise<RunHandle> {
    const { id, resultsDir, startSession, host, command, say } = this.#options;
    const engine = 'auto';
    const { folder } = run;
    const { soak } = order;
    if (folder !== undefined) await requireCutShort(folder.dir, order, scenario, resultsDir);
    const handle = await startSession(
      {
        label: labelOfPart(order.label, id, order.fleetRun),
        ...{ scenario, engine, resultsDir, command, look: 'stop' },
        workers: decideWorkers({ workers: 'auto', engine }, scenario, { cores: host.cpus.count }),
        ...{ startsAtMs: order.startsAtMs, share: order.share },
        ...(soak !== undefined && { soak: { forUs: soak.forUs, windowSec: soak.windowSec } }),
        ...(folder !== undefined && { resume: true }),
      },
      {
        approve: async () => {
          if (taken.stop !== undefined) throw new Error('stopped');
        },
        planned: ({ dir }) => run.noteFolder(dir, JSON.stringify(markProcess())),
        warning: (message) => say(`${order.fleetRun}: ${message}`),
      },
    );
    taken.handle = handle;
    if (taken.stop !== undefined) handle.stop(taken.stop);
    const { dir } = handle.plan;
    const mark = JSON.stringify(markProcess());
    if (folder !== undefined) {
      await run.goOn(mark);
      return handle;
    }
    await run.addFolder(dir, mark);
    const { startedAt } = await readRunInfo(dir);
    await run.addEvent({
      ...{ v: PROTOCOL, kind: 'started', fleetRun: order.fleetRun, folder: handle.plan.id },
      startedAtMs: Date.parse(startedAt),
    });
    return handle;
  }
}

function spanOf(startsAtMs: number, forUs: number): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: startsAtMs - PREPARE_MS, toMs: startsAtMs + forUs / 1_000 + AFTERWARDS_MS };
}

/** @throws Error if a soak that resumes would not go on with just this folder */
async function requireCutShort(
  dir: string,
  { soak }: RunOrder,
  scenario: RunOptions['scenario'],
  resultsDir: string,
): Promise<void> {
  const fingerprint = fingerprintOf(stretchToSoak(scenario, soak?.forUs ?? 0));
  const found = await findCutShort(resultsDir, { fingerprint, kind: 'soak' }, Date.now());
  if (found !== dir) throw new Error('the probe was restarted, and cannot go on with what it had recorded');
}

/** The longest time that a timer takes (2^31 - 1 ms, setTimeout of Node) is shorter; a clock may be set meanwhile. */
const LOOK_AGAIN_MS = 60_000;

async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && Date.now() < atMs) {
    const forMs = Math.min(atMs - Date.now(), LOOK_AGAIN_MS);
    await sleep(forMs, undefined, { signal }).catch(() => {});
  }
}
