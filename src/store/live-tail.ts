import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stalledOf } from '../metrics/counts.ts';
import { ASIDE_SUFFIX } from '../metrics/set-aside.ts';
import type { Frame, SeriesCounts, SeriesName } from '../metrics/types.ts';
import { unroll } from '../metrics/window.ts';
import { FILES, SESSION_FILES } from './files.ts';
import { isFrameLine } from './frame-schema.ts';
import { parseLine } from './read-lines.ts';
import { TailFile } from './tail-file.ts';

/** What a view of a run under way counts, of one series. */
const LIVE_COUNTERS = [
  'scheduled',
  'started',
  'unsent',
  'established',
  'completed',
  'stalled',
  'healed',
] as const;
export type LiveCounts = Record<(typeof LIVE_COUNTERS)[number], number>;

/** Where a run stands, by what it has written so far. */
export interface LiveState {
  /** The last whole second since its start; -1 before the first. */
  readonly second: number;
  /** Attempts open as it ended. */
  readonly open: number;
  /** Over the whole run. */
  readonly series: Readonly<Record<SeriesName, LiveCounts>>;
  /** The last seconds of all series together, one value each; stalls by the second in which their SYN was sent. */
  readonly recent: {
    readonly fromSec: number;
    readonly started: readonly number[];
    readonly stalled: readonly number[];
  };
}

/** Number of seconds that are kept individually. */
export const RECENT_SEC = 300;

/** What is kept of one second. */
interface Second {
  readonly second: number;
  readonly open: number;
  readonly series: ReadonlyMap<SeriesName, LiveCounts>;
  readonly started: number;
  /** By the second of the SYN. */
  readonly stalled: readonly (readonly [second: number, count: number])[];
}

/**
 * Follows the folder of a run in progress, each time reading only what was appended since. Seconds of a soak are first
 * in segments and later in a window, whose figures then replace theirs.
 */
export class LiveTail {
  readonly #dir: string;
  readonly #recentSec: number;
  readonly #frames: TailFile;
  readonly #segments = new Map<string, TailFile>();
  #settled = new Map<SeriesName, LiveCounts>();
  /** Seconds before this one are in `#settled`. */
  #settledTo = 0;
  readonly #seconds = new Map<number, Second>();
  #last = -1;
  #open = 0;

  /**
   * @param dir of the run
   * @param recentSec number of seconds that are kept individually
   */
  constructor(dir: string, recentSec = RECENT_SEC) {
    this.#dir = dir;
    this.#recentSec = recentSec;
    this.#frames = new TailFile(join(dir, FILES.frames));
  }

  /** Reads on, and tells where the run stands. One call at a time. */
  async read(): Promise<LiveState> {
    await this.#frames.read(
      (line) => this.#settle(line),
      () => this.#forget(),
    );
    for (const segment of await this.#listSegments()) {
      await segment.read(
        (line) => this.#take(line),
        () => {},
      );
    }
    this.#prune();
    return { second: this.#last, open: this.#open, series: this.#sum(), recent: this.#recentSeconds() };
  }

  /** A line of frames.jsonl: final. */
  #settle(line: string): void {
    for (const second of secondsOf(line)) {
      for (const [name, counts] of second.series) addTo(this.#settled, name, counts);
      this.#settledTo = Math.max(this.#settledTo, second.second + 1);
      this.#keep(second);
      // Otherwise reading a whole night at once would keep all of it.
      this.#seconds.delete(second.second - this.#recentSec);
    }
  }

  /** A line of a segment: until its window is written. */
  #take(line: string): void {
    for (const second of secondsOf(line)) if (second.second >= this.#settledTo) this.#keep(second);
  }

  #keep(second: Second): void {
    this.#seconds.set(second.second, second);
    if (second.second < this.#last) return;
    this.#last = second.second;
    this.#open = second.open;
  }

  /** Another file replaced this one: everything known came from the old file. */
  #forget(): void {
    this.#settled = new Map();
    this.#settledTo = 0;
    this.#seconds.clear();
    this.#segments.clear();
    this.#last = -1;
    this.#open = 0;
  }

  async #listSegments(): Promise<TailFile[]> {
    const folder = join(this.#dir, SESSION_FILES.recent);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const names = entries
      .filter((entry) => entry.isFile() && SEGMENT.test(entry.name))
      .map(({ name }) => name)
      .sort();
    for (const name of this.#segments.keys()) if (!names.includes(name)) this.#segments.delete(name);
    return names.map((name) => {
      const tail = this.#segments.get(name) ?? new TailFile(join(folder, name));
      this.#segments.set(name, tail);
      return tail;
    });
  }

  #prune(): void {
    const keepFrom = Math.min(this.#settledTo, this.#last - this.#recentSec + 1);
    for (const second of this.#seconds.keys()) if (second < keepFrom) this.#seconds.delete(second);
  }

  #sum(): Record<SeriesName, LiveCounts> {
    const sums = new Map<SeriesName, LiveCounts>();
    for (const [name, counts] of this.#settled) addTo(sums, name, counts);
    for (const [second, { series }] of this.#seconds) {
      if (second >= this.#settledTo) for (const [name, counts] of series) addTo(sums, name, counts);
    }
    // An arm's ramps right behind it.
    return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #recentSeconds(): LiveState['recent'] {
    const fromSec = Math.max(0, this.#last - this.#recentSec + 1);
    const started = new Array<number>(this.#last + 1 - fromSec).fill(0);
    const stalled = [...started];
    for (const [second, record] of this.#seconds) {
      if (second >= fromSec) started[second - fromSec] = record.started;
      for (const [at, count] of record.stalled) {
        if (at >= fromSec && at <= this.#last) stalled[at - fromSec]! += count;
      }
    }
    return { fromSec, started, stalled };
  }
}

/** Of a soak: some minutes of its last hour, second by second. */
const SEGMENT = /^\d+\.jsonl$/;

/** The seconds that a line contains; none if the line is malformed. */
function secondsOf(line: string): Second[] {
  const frame = parseLine(line, isFrameLine);
  if (frame === undefined) return [];
  return ('seconds' in frame ? unroll(frame) : [frame]).map(reduce);
}

function reduce({ second, open, series }: Frame): Second {
  const reduced = new Map<SeriesName, LiveCounts>();
  const stalled: [number, number][] = [];
  let started = 0;
  for (const [name, counts] of Object.entries(series)) {
    reduced.set(name, pick(counts));
    started += counts.started;
    if (name.endsWith(ASIDE_SUFFIX)) continue;
    let placed = 0;
    for (const [sentIn, count] of Object.entries(counts.stalledBySecond)) {
      stalled.push([Number(sentIn), count]);
      placed += count;
    }
    // Stalls whose second is not known count in the second in which they ended.
    if (stalledOf(counts) !== placed) stalled.push([second, stalledOf(counts) - placed]);
  }
  // In one second it may be below 0: an attempt of the second before turned out not to have been sent.
  return { second, open, series: reduced, started: Math.max(0, started), stalled };
}

function pick(counts: SeriesCounts): LiveCounts {
  const { scheduled, started, unsent, established, completed, healed } = counts;
  return { scheduled, started, unsent, established, completed, healed, stalled: stalledOf(counts) };
}

function addTo(sums: Map<SeriesName, LiveCounts>, name: SeriesName, counts: LiveCounts): void {
  const sum = sums.get(name);
  if (sum === undefined) sums.set(name, { ...counts });
  else for (const counter of LIVE_COUNTERS) sum[counter] += counts[counter];
}
