import { join } from 'node:path';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { EnvironmentError } from '../errors.ts';
import type { EncodedHistogram } from '../metrics/merge.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { redactScenario } from '../scenario/secret-places.ts';
import { AppendFile } from './append-file.ts';
import { FILES } from './files.ts';
import { writeJson } from './json-file.ts';
import { formatLogHead, formatLogSecond } from './latency-log.ts';
import { markProcess } from './process-mark.ts';
import { failToWrite, makeRunFolder } from './run-folder.ts';
import type { RunInfo } from './run-info.ts';

/** Stalls kept one by one over a whole run; the rest is in the counts. */
const MAX_STALLS = 10_000;

/** What the caller knows of a run; the rest of run.json is the store's own. */
export type RunFacts = Omit<RunInfo, 'schema' | 'id' | 'status' | 'process' | 'endedAt'>;

/**
 * Creates a run's folder and the files in it.
 * @throws EnvironmentError where the folder cannot be written
 */
export async function createRun(
  resultsDir: string,
  facts: RunFacts,
  onFailure: (message: string) => void,
): Promise<RunWriter> {
  try {
    const { id, dir } = await makeRunFolder(resultsDir, facts);
    const { label, ...others } = facts;
    const info: RunInfo = {
      schema: 1,
      id,
      // Near the top: who looks for labels alone, as a shell's completion in every run, need not read on.
      label,
      status: 'running',
      process: markProcess(),
      ...others,
      scenario: redactScenario(facts.scenario),
    };
    await writeJson(join(dir, FILES.info), info);
    const [frames, stalls, latency] = await Promise.all(
      [FILES.frames, FILES.stalls, FILES.latency].map((file) => AppendFile.open(join(dir, file))),
    );
    await latency!.append(formatLogHead(Date.parse(facts.startedAt)));
    return new RunWriter(dir, info, { frames: frames!, stalls: stalls!, latency: latency! }, onFailure);
  } catch (cause) {
    failToWrite(resultsDir, cause);
  }
}

interface RunFiles {
  readonly frames: AppendFile;
  readonly stalls: AppendFile;
  readonly latency: AppendFile;
}

/** Writes one run, second by second. */
export class RunWriter {
  readonly dir: string;
  readonly info: RunInfo;
  readonly #files: RunFiles;
  readonly #onFailure: (message: string) => void;
  #stallsKept = 0;
  #failures = 0;

  constructor(dir: string, info: RunInfo, files: RunFiles, onFailure: (message: string) => void) {
    this.dir = dir;
    this.info = info;
    this.#files = files;
    this.#onFailure = onFailure;
  }

  /** Seconds in which something could not be written at once. */
  get failures(): number {
    return this.#failures;
  }

  /** Appends one second. The frame's own line comes last: a second counts once that stands. */
  async append(
    frame: Frame,
    histograms: ReadonlyMap<string, EncodedHistogram>,
    stalls: readonly Stall[],
  ): Promise<void> {
    const kept = stalls.slice(0, MAX_STALLS - this.#stallsKept);
    this.#stallsKept += kept.length;
    const stallsLeftOut = frame.stallsLeftOut + stalls.length - kept.length;
    const errors = [
      await this.#files.latency.append(formatLogSecond(frame.second, histograms)),
      await this.#files.stalls.append(kept.map((stall) => `${JSON.stringify(stall)}\n`).join('')),
      await this.#files.frames.append(`${JSON.stringify({ ...frame, stallsLeftOut })}\n`),
    ];
    this.#tell(errors.find((error) => error !== undefined));
  }

  /** Writes the summary and closes the files; the folder is then what a copy of it will be. */
  async finish(summary: Summary, status: RunStatus, endedAt: string): Promise<void> {
    const files = Object.values(this.#files);
    for (const file of files) this.#tell(await file.append(''));
    const lost = files.filter((file) => file.pendingBytes > 0 || file.dropped > 0).map((file) => file.path);
    if (lost.length > 0)
      this.#onFailure(`not everything could be written: ${lost.join(', ')} lack their last lines`);
    try {
      await Promise.all(files.map((file) => file.close()));
      await writeJson(join(this.dir, FILES.summary), summary);
      await writeJson(join(this.dir, FILES.info), { ...this.info, status, endedAt });
    } catch (cause) {
      throw new EnvironmentError(`cannot write the summary to ${this.dir} (${(cause as Error).message})`, {
        hint: `make room, then rebuild it: rushhour results show ${this.info.id}`,
        cause,
      });
    }
  }

  #tell(error: NodeJS.ErrnoException | undefined): void {
    if (error === undefined) return;
    this.#failures += 1;
    if (this.#failures === 1) {
      const what = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
      this.#onFailure(`${what}: what is measured waits in memory until it can be written to ${this.dir}`);
    }
  }
}
