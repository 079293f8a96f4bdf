import { join } from 'node:path';
import { type SettledFrame, setAside, setAsideTag } from '../metrics/set-aside.ts';
import type { Frame } from '../metrics/types.ts';
import { unroll, type WindowFrame } from '../metrics/window.ts';
import { FILES } from './files.ts';
import { isFrameLine } from './frame-schema.ts';
import { parseLine, readLines } from './read-lines.ts';
import type { RunInfo } from './run-info.ts';
import { isTouched, readEvents } from './soak-events.ts';
import { readRecent } from './soak-recent.ts';

/** A line of a soak's frames.jsonl. */
export interface WindowLine extends WindowFrame {
  /** Lines of stalls.jsonl that belong to this window and those before. */
  stallsKept: number;
}

/** How far the frames of a folder reach: it decides which lines of its histogram logs count. */
export class Reach {
  /** Lines of frames.jsonl. */
  lines = 0;
  /** Through this second all stands in frames.jsonl and latency.hlog; -1 before the first. */
  settledSec = -1;
  /** Later ones, of a soak: in recent/ alone, and whether they are set aside. */
  readonly recent = new Map<number, boolean>();
  stallsKept = 0;

  /** -1 before the first. */
  get lastSecond(): number {
    return Math.max(this.settledSec, ...this.recent.keys());
  }

  /** The tag that a line of recent/ counts under; undefined where its second does not count. */
  tagOf(tag: string, second: number): string | undefined {
    const aside = this.recent.get(second);
    return aside === undefined ? undefined : aside ? setAsideTag(tag) : tag;
  }
}

/**
 * Every second of a run, in order: each whole line of frames.jsonl; of a soak the seconds of its windows, and then those
 * that no window has taken up yet, which are judged by what has happened so far.
 * @param reach is told how far they go, by the time the last was read
 */
export async function* framesOf(
  dir: string,
  soak: RunInfo['soak'],
  reach = new Reach(),
): AsyncGenerator<SettledFrame> {
  for await (const lines of readLines(join(dir, FILES.frames))) {
    for (const line of lines) {
      const frame = parseLine<Frame | WindowLine>(line, isFrameLine);
      if (frame === undefined) continue;
      reach.lines += 1;
      if ('seconds' in frame) {
        reach.settledSec = Math.max(reach.settledSec, frame.second + frame.seconds - 1);
        reach.stallsKept = frame.stallsKept ?? reach.stallsKept;
        yield* unroll(frame);
      } else {
        reach.settledSec = Math.max(reach.settledSec, frame.second);
        yield frame;
      }
    }
  }
  if (soak !== undefined) yield* unsettledOf(dir, soak.settleSec, reach);
}

async function* unsettledOf(dir: string, settleSec: number, reach: Reach): AsyncGenerator<SettledFrame> {
  const events = (await readEvents(dir)).filter(({ setsAside }) => setsAside);
  for await (const { stalls: _, ...frame } of readRecent(dir, reach.settledSec)) {
    const aside = isTouched(frame.second, events, settleSec);
    reach.recent.set(frame.second, aside);
    yield aside ? setAside(frame) : frame;
  }
}
