import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { redactScenario } from '../scenario/secret-places.ts';
import { FILES } from './files.ts';
import { writeJson } from './json-file.ts';
import { markProcess } from './process-mark.ts';
import { failToWrite, makeRunFolder } from './run-folder.ts';
import type { RunInfo, SessionInfo, SoakInfo } from './run-info.ts';
import { SecondFiles, type SessionFiles } from './session-files.ts';
import { SessionWriter } from './session-writer.ts';
import { SOAK_LIMITS, type SoakLimits, WindowFiles } from './window-files.ts';

/** What the caller knows of a run; the rest of run.json is the store's own. */
export type RunFacts = Omit<
  RunInfo,
  'schema' | 'id' | 'status' | 'process' | 'endedAt' | 'session' | 'soak'
> & {
  /** For a run that can be resumed. */
  readonly session?: Omit<SessionInfo, 'processes'>;
  /** Of a soak. */
  readonly soak?: Omit<SoakInfo, 'processes'>;
};

/**
 * Creates the folder of a run, or of a soak where the facts have one, and the files in it.
 * @throws EnvironmentError where the folder cannot be written
 */
export async function createSession(
  resultsDir: string,
  { session, soak, label, ...facts }: RunFacts,
  onFailure: (message: string) => void,
  limits: SoakLimits = SOAK_LIMITS,
): Promise<SessionWriter> {
  let made: string | undefined;
  try {
    const { id, dir } = await makeRunFolder(resultsDir, facts);
    made = dir;
    const mark = markProcess();
    const info: RunInfo = {
      schema: 1,
      id,
      // Near the top, so that a reader who only needs labels, such as shell completion, can stop early.
      label,
      status: 'running',
      process: mark,
      ...facts,
      scenario: redactScenario(facts.scenario),
      ...(session === undefined ? {} : { session: { ...session, processes: [mark] } }),
      ...(soak === undefined ? {} : { soak: { ...soak, processes: [mark] } }),
    };
    await writeJson(join(dir, FILES.info), info);
    const startedAtMs = Date.parse(facts.startedAt);
    const files: SessionFiles =
      soak === undefined
        ? await SecondFiles.open(dir, startedAtMs)
        : await WindowFiles.open(dir, startedAtMs, soak, limits);
    return new SessionWriter({ dir, info, files, onFailure });
  } catch (cause) {
    // Nothing was recorded: what is there of a folder would only be in the way.
    if (made !== undefined) await rm(made, { recursive: true, force: true }).catch(() => {});
    failToWrite(resultsDir, cause);
  }
}
