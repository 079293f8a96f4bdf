import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES, latencyFilesAmong, SESSION_FILES } from './files.ts';
import { readLogLine } from './latency-log.ts';
import { eachLine } from './lines.ts';
import { parseLine } from './read-lines.ts';
import { listSegments, segmentPath } from './soak-recent.ts';

/** Takes away what a process left half written as it died, so that nothing is appended to half a line. */
export async function cutTornTails(dir: string): Promise<void> {
  await cutAfterLast(join(dir, FILES.frames), isJson);
  await cutAfterLast(join(dir, SESSION_FILES.events), isJson);
  await cutAfterLast(join(dir, FILES.firewall), isJson);
  for (const segment of await listSegments(dir)) {
    await cutAfterLast(segmentPath(dir, segment, 'jsonl'), isJson);
  }
}

/** What the last line of frames.jsonl, and the last second in recent/, vouch for. */
export interface CommittedEnd {
  readonly settledSec: number;
  readonly lastSecond: number;
  readonly stallsKept: number;
}

/** Takes away histograms and stalls that were written for a second, or a window, whose own line no longer came. */
export async function cutUncommitted(
  dir: string,
  { settledSec, lastSecond, stallsKept }: CommittedEnd,
): Promise<void> {
  for (const name of latencyFilesAmong(await readdir(dir))) {
    // One that has only a head, or half of one, is begun anew.
    await cutAfterLast(join(dir, name), isLogged(settledSec));
  }
  for (const segment of await listSegments(dir)) {
    await cutAfterLast(segmentPath(dir, segment, 'hlog'), isLogged(lastSecond));
  }
  let stalls = 0;
  await cutAfterLast(join(dir, FILES.stalls), () => {
    stalls += 1;
    return stalls <= stallsKept;
  });
}

type IsWhole = (bytes: Buffer, start: number, end: number) => boolean;

function isJson(bytes: Buffer, start: number, end: number): boolean {
  return parseLine(bytes.toString('utf8', start, end), (_value): _value is unknown => true) !== undefined;
}

function isLogged(throughSec: number): IsWhole {
  return (bytes, start, end) => {
    const line = readLogLine(bytes, start, end);
    return line !== undefined && line.second <= throughSec;
  };
}

/** A torn line among whole ones stays, as every reader passes it over. */
async function cutAfterLast(path: string, isWhole: IsWhole): Promise<void> {
  let read = 0;
  let wholeEnd = 0;
  await eachLine(path, (bytes, start, end) => {
    read += end - start + 1;
    if (isWhole(bytes, start, end)) wholeEnd = read;
  });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > wholeEnd) await truncate(path, wholeEnd);
}
