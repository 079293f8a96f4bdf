import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SESSION_FILES } from './files.ts';
import { isRecentSecond, type RecentSecond } from './frame-schema.ts';
import { parseLine, readLines } from './read-lines.ts';

/** Number of windows whose seconds are in one segment. */
const WINDOWS_PER_SEGMENT = 10;

/** The segment that contains a second. */
export function segmentOf(second: number, windowSec: number): number {
  return Math.floor(second / (windowSec * WINDOWS_PER_SEGMENT));
}

/** The second after a segment's last. */
export function segmentEnd(segment: number, windowSec: number): number {
  return (segment + 1) * windowSec * WINDOWS_PER_SEGMENT;
}

export type SegmentFile = 'jsonl' | 'hlog';

/** Names sort by time. */
export function segmentPath(dir: string, segment: number, file: SegmentFile): string {
  return join(dir, SESSION_FILES.recent, `${String(segment).padStart(6, '0')}.${file}`);
}

const NAME = /^(\d+)\.(jsonl|hlog)$/;

/** The segments in a folder, ascending; none for a run that is not a soak. */
export async function listSegments(dir: string): Promise<number[]> {
  const names = await readdir(join(dir, SESSION_FILES.recent)).catch(() => []);
  const segments = names.flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return [...new Set(segments)].sort((a, b) => a - b);
}

/** The seconds in segments after a given one, in order. */
export async function* readRecent(dir: string, afterSecond: number): AsyncGenerator<RecentSecond> {
  for (const segment of await listSegments(dir)) {
    for await (const lines of readLines(segmentPath(dir, segment, 'jsonl'))) {
      for (const line of lines) {
        const second = parseLine(line, isRecentSecond);
        if (second !== undefined && second.second > afterSecond) yield second;
      }
    }
  }
}
