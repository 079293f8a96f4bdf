import { join } from 'node:path';
import { redactScenario } from '../scenario/secret-places.ts';
import { FILES } from './files.ts';
import { writeJson } from './json-file.ts';
import { markProcess } from './process-mark.ts';
import { failToWrite, makeRunFolder } from './run-folder.ts';
import type { SoakInfo, SoakRunInfo } from './run-info.ts';
import type { RunFacts } from './run-writer.ts';
import { openSoakFiles } from './soak-files.ts';
import { SoakWriter } from './soak-writer.ts';

/** What the caller knows of a soak. */
export interface SoakFacts extends Omit<RunFacts, 'soak'> {
  readonly soak: Omit<SoakInfo, 'processes'>;
}

export interface SoakLimits {
  /** Seconds that are kept one by one in recent/. */
  readonly keepSec: number;
  /** Bytes of latency.hlog from which on it is continued in another file. */
  readonly maxLogBytes: number;
}

/** An hour; and a log that any tool opens at once. */
export const SOAK_LIMITS: SoakLimits = { keepSec: 3_600, maxLogBytes: 8 * 1024 * 1024 };

/**
 * Creates a soak's folder and the files in it.
 * @throws EnvironmentError where the folder cannot be written
 */
export async function createSoak(
  resultsDir: string,
  facts: SoakFacts,
  onFailure: (message: string) => void,
  { keepSec, maxLogBytes }: SoakLimits = SOAK_LIMITS,
): Promise<SoakWriter> {
  try {
    const { id, dir } = await makeRunFolder(resultsDir, facts);
    const mark = markProcess();
    const { label, ...others } = facts;
    const info: SoakRunInfo = {
      schema: 1,
      id,
      // As in run-writer.ts.
      label,
      status: 'running',
      process: mark,
      ...others,
      scenario: redactScenario(facts.scenario),
      soak: { ...facts.soak, processes: [mark] },
    };
    await writeJson(join(dir, FILES.info), info);
    const files = await openSoakFiles(dir, {
      startedAtMs: Date.parse(facts.startedAt),
      windowSec: facts.soak.windowSec,
      ...{ maxLogBytes, logIndex: 0, segments: [] },
    });
    return new SoakWriter({ dir, info, files, keepSec, onFailure });
  } catch (cause) {
    failToWrite(resultsDir, cause);
  }
}
