import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { summarise } from '../analysis/summarise.ts';
import { Tally } from '../analysis/tally.ts';
import type { Summary } from '../analysis/types.ts';
import { UsageError } from '../errors.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { Frame } from '../metrics/types.ts';
import { FILES } from './files.ts';
import { addLogLine } from './latency-log.ts';
import { readNotes } from './notes.ts';
import { readStatus } from './process-mark.ts';
import { type RunInfo, runOf } from './run-info.ts';

/**
 * What run.json says, with the label that was given afterwards where one was.
 * @throws UsageError where the folder holds no run, or one of another schema
 */
export async function readRunInfo(dir: string): Promise<RunInfo> {
  const [info, { label }] = await Promise.all([parseRunInfo(dir), readNotes(dir)]);
  if (info?.schema !== 1) {
    throw new UsageError(`${dir} is no run that this version reads: ${FILES.info} does not say schema 1`, {
      hint: 'a run of a later rushhour needs that rushhour, or a later one',
    });
  }
  return label === undefined ? info : { ...info, label };
}

async function parseRunInfo(dir: string): Promise<RunInfo | null> {
  try {
    return JSON.parse(await readFile(join(dir, FILES.info), 'utf8')) as RunInfo | null;
  } catch (cause) {
    throw new UsageError(`${dir} is no run: ${(cause as Error).message}`, {
      hint: 'rushhour results lists the runs there are',
      cause,
    });
  }
}

/** Every whole line of frames.jsonl, in order; a last line that was torn is passed over. */
export async function* readFrames(dir: string): AsyncGenerator<Frame> {
  for await (const line of linesOf(join(dir, FILES.frames))) {
    const frame = parseLine(line);
    if (frame !== undefined) yield frame;
  }
}

/** The stored summary of a run that came to its end, else the one that its frames tell so far, or still tell. */
export async function readSummary(dir: string): Promise<Summary> {
  const stored = await readStoredSummary(dir);
  return stored ?? rebuildSummary(dir);
}

/** The stored summary, with the label that was given afterwards where one was; undefined until there is one. */
export async function readStoredSummary(dir: string): Promise<Summary | undefined> {
  try {
    const summary = JSON.parse(await readFile(join(dir, FILES.summary), 'utf8')) as Summary;
    const { label } = await readNotes(dir);
    return label === undefined ? summary : { ...summary, run: { ...summary.run, label } };
  } catch {
    return undefined;
  }
}

/** Makes the summary anew from frames and histograms, as a finished run does. */
export async function rebuildSummary(dir: string): Promise<Summary> {
  const info = await readRunInfo(dir);
  const tally = new Tally();
  for await (const frame of readFrames(dir)) tally.add(frame);
  const histograms = new Map<string, Histogram>();
  for await (const line of linesOf(join(dir, FILES.latency))) addLogLine(histograms, line, tally.lastSecond);
  const status = readStatus(info);
  const endedAt =
    info.endedAt ?? new Date(Date.parse(info.startedAt) + (tally.lastSecond + 1) * 1_000).toISOString();
  const run = runOf(info, status, endedAt);
  return summarise({
    ...{ run, scenario: info.scenario, tally, histograms },
    ...(info.nat === undefined ? {} : { nat: info.nat.ports }),
    ...(info.synResentAtSec === undefined ? {} : { synResentAtSec: info.synResentAtSec }),
  });
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path, 'utf8');
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    // A run that was killed before its first second.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    stream.destroy();
  }
}

function parseLine(line: string): Frame | undefined {
  try {
    return JSON.parse(line) as Frame;
  } catch {
    return undefined;
  }
}
