import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../render/format.ts';
import { makeFolder } from '../../store/make-folder.ts';
import { isAlive } from '../../store/process-mark.ts';
import { removeRun } from '../../store/prune.ts';
import { readRunInfo } from '../../store/read-info.ts';
import type { ProcessMark } from '../../store/run-info.ts';
import type { RunOrder, SoakOrder } from '../messages.ts';
import { GIVEN_UP } from '../outbox/folder.ts';
import { RunJournal } from '../outbox/journal.ts';
import type { Publish } from '../outbox/publish.ts';
import { RunOutbox } from '../outbox/run-outbox.ts';
import { FLEET_RUN_ID, PROTOCOL } from '../protocol.ts';

const ENDING = '.jsonl';
/** The server keeps orders for 30 days. */
const JOURNAL_KEPT_MS = 35 * 86_400_000;

/** Every order that this probe has taken, and what of it is still to be sent. */
export class ProbeOutbox {
  readonly #dir: string;
  readonly #probe: string;
  readonly #open = new Map<string, RunOutbox>();
  /** Orders of earlier processes that have not begun, and still can; nights that were cut short, and have time left. */
  readonly waiting: RunOutbox[] = [];
  /** Soaks that earlier processes accepted. */
  readonly soaks: RunOutbox[] = [];
  /** All of it is at the server. */
  readonly #done = new Map<string, RunOutbox>();

  private constructor(dir: string, probe: string) {
    this.#dir = dir;
    this.#probe = probe;
  }

  /** Continues what earlier processes left. A run whose process died is over: its folder is what it recorded. */
  static async open(dir: string, probe: string, nowMs: number): Promise<ProbeOutbox> {
    await makeFolder(dir, 0o700);
    const outbox = new ProbeOutbox(dir, probe);
    for (const name of (await readdir(dir)).sort()) {
      const fleetRun = name.slice(0, -ENDING.length);
      if (!name.endsWith(ENDING) || !FLEET_RUN_ID.test(fleetRun)) continue;
      const run = await RunOutbox.reopen(probe, fleetRun, outbox.#journalOf(fleetRun));
      if (run.isDone) {
        outbox.#done.set(fleetRun, run);
        continue;
      }
      outbox.#open.set(fleetRun, run);
      if (run.isFinal || isRunning(run)) continue;
      if (run.soak !== undefined && run.isAccepted) outbox.soaks.push(run);
      else if (canBegin(run, nowMs) || (await canGoOn(run, nowMs))) outbox.waiting.push(run);
      else await endCutShort(run);
    }
    return outbox;
  }

  /** @returns undefined if this order was taken before */
  async take(fleetRun: string, order?: RunOrder | SoakOrder): Promise<RunOutbox | undefined> {
    const isThere = await stat(this.#pathOf(fleetRun)).then(
      () => true,
      () => false,
    );
    if (isThere) return undefined;
    // Somebody may have removed it since the start.
    await makeFolder(this.#dir, 0o700);
    const run = await RunOutbox.take(this.#probe, fleetRun, this.#journalOf(fleetRun), order);
    this.#open.set(fleetRun, run);
    return run;
  }

  /** Sends what there is. @returns the first reason why something could not be sent */
  async send(publish: Publish): Promise<Error | undefined> {
    let failed: Error | undefined;
    let isReached = true;
    const publishNoted: Publish = (...message) =>
      publish(...message).catch((error: Error) => {
        isReached = false;
        throw error;
      });
    for (const [fleetRun, run] of this.#open) {
      try {
        await run.send(publishNoted);
      } catch (error) {
        failed ??= error as Error;
        if (!isReached) return failed;
        // What of one run cannot be read keeps no other waiting.
        continue;
      }
      if (!run.isDone) continue;
      this.#open.delete(fleetRun);
      this.#done.set(fleetRun, run);
    }
    return failed;
  }

  async countUnsent(): Promise<number> {
    let sum = 0;
    for (const run of this.#open.values()) sum += await run.countUnsent();
    return sum;
  }

  /** Gives up what was recorded first, until at most so many bytes wait to be sent; a run in progress keeps all. */
  async keepWithin(bytes: number, say: (line: string) => void): Promise<void> {
    let unsent = await this.countUnsent();
    for (const isMeant of GIVEN_UP) {
      for (const [fleetRun, run] of this.#open) {
        if (unsent <= bytes) return;
        const given = await run.giveUp(isMeant);
        if (given > 0) say(`${fleetRun}: gave up ${formatBytes(given)} that was not sent, to make room`);
        unsent -= given;
      }
    }
  }

  /** Removes folders of runs that have been at the server for so long. @param keptMs undefined: none */
  async removeSent(keptMs: number | undefined, nowMs: number): Promise<void> {
    for (const [fleetRun, run] of this.#done) {
      const sinceMs = nowMs - (run.doneAtMs ?? nowMs);
      const dir = run.folder?.dir;
      if (keptMs !== undefined && sinceMs > keptMs && dir !== undefined && (await isFolder(dir)))
        await removeRun({ dir });
      // Until then, an order that is delivered again has to be known.
      if (sinceMs <= JOURNAL_KEPT_MS || (keptMs !== undefined && sinceMs <= keptMs)) continue;
      await this.#journalOf(fleetRun).remove();
      this.#done.delete(fleetRun);
    }
  }

  #pathOf(fleetRun: string): string {
    return join(this.#dir, `${fleetRun}${ENDING}`);
  }

  #journalOf(fleetRun: string): RunJournal {
    return new RunJournal(this.#pathOf(fleetRun));
  }
}

/** It was accepted for later, and later has not come. */
function canBegin({ folder, order, isAccepted }: RunOutbox, nowMs: number): boolean {
  return folder === undefined && isAccepted && order !== undefined && nowMs <= order.expiresAtMs;
}

/** A night of a soak that was killed, and whose end is ahead. */
async function canGoOn({ folder, order }: RunOutbox, nowMs: number): Promise<boolean> {
  if (folder === undefined || order?.soak === undefined) return false;
  const info = await readRunInfo(folder.dir).catch(() => undefined);
  const isCut = info?.soak !== undefined && info.endedAt === undefined;
  return isCut && nowMs < Date.parse(info.startedAt) + order.soak.forUs / 1_000;
}

function isRunning({ folder }: RunOutbox): boolean {
  if (folder === undefined) return false;
  try {
    return isAlive(JSON.parse(folder.process) as ProcessMark);
  } catch {
    return false;
  }
}

async function isFolder(dir: string): Promise<boolean> {
  return stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function endCutShort(run: RunOutbox): Promise<void> {
  const { fleetRun, folder } = run;
  const recorded = folder === undefined ? undefined : await readRunInfo(folder.dir).catch(() => undefined);
  // Killed just after it was made, it has no mark yet.
  if (folder !== undefined) await run.addFolder(folder.dir, folder.process).catch(() => {});
  // Whoever receives the run waits for a folder that they were told of.
  if (folder !== undefined && recorded !== undefined && !run.isStarted)
    await run.addEvent({
      ...{ v: PROTOCOL, kind: 'started', fleetRun, folder: recorded.id },
      startedAtMs: Date.parse(recorded.startedAt),
    });
  const ended = { v: PROTOCOL, kind: 'ended', fleetRun } as const;
  // Only that it ended had not been noted.
  if (recorded !== undefined && recorded.status !== 'running')
    await run.addEvent({ ...ended, status: recorded.status });
  else
    await run.addEvent({
      ...{ ...ended, status: 'interrupted' },
      why:
        folder === undefined
          ? 'the probe was restarted before the run began'
          : 'the probe was restarted while the run was in progress',
    });
  await run.finish();
}
