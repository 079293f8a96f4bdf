import { type FormattedEvent, formatEvent } from '../render/web/host-events.ts';
import { EventTail } from '../store/event-tail.ts';
import { type LiveState, LiveTail } from '../store/live-tail.ts';
import { readStatus } from '../store/process-mark.ts';
import { readRunInfo } from '../store/read-info.ts';
import type { CatalogRun } from './catalog.ts';
import { WorkQueue } from './work-queue.ts';

/** Runs that are followed at once; the one not looked at for longest is let go. */
const MAX_TAILS = 4;
const MAX_WAITING = 32;
/** Of what happens to a soak, as many as one reads while looking on. */
const MAX_HOST_EVENTS = 8;

/** Half a second: more frequent requests get the same answer again. */
const FRESH_MS = 500;

/** What the page of a run in progress receives each second. */
export interface LiveView extends LiveState {
  readonly schema: 1;
  readonly id: string;
  readonly status: 'running' | 'complete' | 'interrupted' | 'failed';
  readonly startedAt: string;
  /** Of a soak: what lasts, and what was over last. */
  readonly hostEvents: readonly FormattedEvent[];
}

interface Tails {
  readonly tail: LiveTail;
  readonly events: EventTail;
}

interface Followed extends Tails {
  view: Promise<LiveView>;
  readAtMs: number;
}

/** Follows the runs that are looked at: however many look, each file is read once. */
export class LiveRuns {
  readonly #now: () => number;
  readonly #queue = new WorkQueue(MAX_WAITING);
  /** By folder; the latest asked for last. */
  readonly #followed = new Map<string, Followed>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @throws Refusal where too much is asked for at once */
  look(run: CatalogRun): Promise<LiveView> {
    const known = this.#followed.get(run.dir);
    this.#followed.delete(run.dir);
    const now = this.#now();
    const followed =
      known !== undefined && now - known.readAtMs < FRESH_MS
        ? known
        : this.#read(run, known ?? { tail: new LiveTail(run.dir), events: new EventTail(run.dir) }, now);
    this.#followed.set(run.dir, followed);
    for (const oldest of this.#followed.keys()) {
      if (this.#followed.size <= MAX_TAILS) break;
      this.#followed.delete(oldest);
    }
    return followed.view;
  }

  #read(run: CatalogRun, { tail, events }: Tails, readAtMs: number): Followed {
    // One after the other, also of the same run: a tail is read by one at a time.
    const view = this.#queue.add(() => readView(run, { tail, events }));
    return { tail, events, view, readAtMs };
  }
}

/** Whether it is over is asked first: what it wrote until then is read. */
async function readView({ dir, folder }: CatalogRun, { tail, events }: Tails): Promise<LiveView> {
  const info = await readRunInfo(dir);
  const status = readStatus(info);
  const hostEvents = (await events.read(MAX_HOST_EVENTS)).map(formatEvent);
  return { schema: 1, id: folder, status, startedAt: info.startedAt, hostEvents, ...(await tail.read()) };
}
