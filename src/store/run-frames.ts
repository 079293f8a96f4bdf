import { join } from 'node:path';
import { type SettledFrame, setAside, setAsideTag } from '../metrics/set-aside.ts';
import type { Frame } from '../metrics/types.ts';
import { unroll } from '../metrics/window.ts';
import { FILES } from './files.ts';
import { isFrameLine } from './frame-schema.ts';
import { parseLine, readLines } from './read-lines.ts';
import { type RunInfo, sessionOf } from './run-info.ts';
import { isTouched, readEvents } from './session-events.ts';
import { readRecent } from './soak-recent.ts';

/** How far the frames of a folder reach: it decides which lines of its histogram logs count. */
export class CommittedRange {
  /** Lines of frames.jsonl. */
  lines = 0;
  /** The last second that frames.jsonl and latency.hlog contain; -1 before the first. */
  settledSec = -1;
  /** For a soak: later seconds, which only recent/ contains, and whether each is excluded. */
  readonly recent = new Map<number, boolean>();
  /** For a run: seconds that are excluded, which only events.jsonl shows. */
  readonly asideSeconds = new Set<number>();
  stallsKept = 0;

  /** -1 before the first. */
  get lastSecond(): number {
    return Math.max(this.settledSec, ...this.recent.keys());
  }

  /** The tag that a line of latency.hlog counts under. */
  settledTagOf(tag: string, second: number): string {
    return this.asideSeconds.has(second) ? setAsideTag(tag) : tag;
  }

  /** The tag that a line of recent/ counts under; undefined where its second does not count. */
  tagOf(tag: string, second: number): string | undefined {
    const aside = this.recent.get(second);
    return aside === undefined ? undefined : aside ? setAsideTag(tag) : tag;
  }
}

/**
 * Reads every second of a run in order: each whole line of frames.jsonl, excluded or not according to events.jsonl;
 * for a soak, the seconds of its windows and then those that no window contains yet.
 * @param info absent: only frames.jsonl, as it is
 * @param reach receives how far the files go once the last second was read
 */
export async function* framesOf(
  dir: string,
  info: Pick<RunInfo, 'soak' | 'session'> | undefined,
  reach = new CommittedRange(),
): AsyncGenerator<SettledFrame> {
  const session = info === undefined ? undefined : sessionOf(info);
  const events = session === undefined ? [] : (await readEvents(dir)).filter(({ setsAside }) => setsAside);
  const isAside = ({ second }: Frame): boolean => isTouched(second, events, session?.settleSec ?? 0);
  for await (const lines of readLines(join(dir, FILES.frames))) {
    for (const line of lines) {
      const parsed = parseLine(line, isFrameLine);
      if (parsed === undefined) continue;
      reach.lines += 1;
      reach.stallsKept = parsed.stallsKept ?? reach.stallsKept;
      if ('seconds' in parsed) {
        reach.settledSec = Math.max(reach.settledSec, parsed.second + parsed.seconds - 1);
        yield* unroll(parsed);
      } else {
        const { stallsKept: _, ...frame } = parsed;
        reach.settledSec = Math.max(reach.settledSec, frame.second);
        const aside = isAside(frame);
        if (aside) reach.asideSeconds.add(frame.second);
        yield aside ? setAside(frame) : frame;
      }
    }
  }
  if (session === undefined) return;
  for await (const { stalls: _, ...frame } of readRecent(dir, reach.settledSec)) {
    const aside = isAside(frame);
    reach.recent.set(frame.second, aside);
    yield aside ? setAside(frame) : frame;
  }
}
