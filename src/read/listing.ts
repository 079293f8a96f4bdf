import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { workKey } from '../analysis/compare/work-key.ts';
import { describeTested, type Tested } from '../analysis/tested.ts';
import type { Summary } from '../analysis/types.ts';
import { EnvironmentError, RushhourError } from '../errors.ts';
import { FILES } from '../store/files.ts';
import { readNotes } from '../store/notes.ts';
import { readStatus } from '../store/process-mark.ts';
import { isBeingRemoved } from '../store/prune.ts';
import { readRunInfo } from '../store/read-info.ts';
import type { RunInfo } from '../store/run-info.ts';
import { readSummaryFile } from './summary.ts';

/** One run in a list. */
export interface RunListing {
  readonly id: string;
  readonly dir: string;
  /** Of its folder, which no other run has: its id, but for the probes of a fleet, whose runs have one in common. */
  readonly name: string;
  readonly scenario: string;
  readonly label: string;
  /** Of `results note`; may be empty. */
  readonly note: string;
  readonly startedAt: string;
  readonly status: Summary['run']['status'];
  /** Undefined until there is a summary. */
  readonly verdict: Summary['verdict'] | undefined;
  readonly bytes: number;
  /** What it tested, and from where; absent if run.json does not contain it. */
  readonly tested?: Tested;
  /** Runs with the same did the same work against the same far end; 12 hexadecimal digits. */
  readonly workId?: string;
}

/** A folder that holds a run, and is not what it should be. */
export interface DamagedRun {
  readonly dir: string;
  /** What is wrong, in a line: which file, and why. */
  readonly why: string;
}

/** Called for each folder that is skipped, in whole or in part. */
export type OnDamaged = (damaged: DamagedRun) => void;

/**
 * Every run in a results folder, oldest first. Folders without a run are skipped, damaged ones are reported. Empty if
 * the folder does not exist yet.
 * @throws EnvironmentError if the folder exists but cannot be read
 */
export async function listRuns(resultsDir: string, onDamaged: OnDamaged = () => {}): Promise<RunListing[]> {
  const entries = await readEntries(resultsDir);
  const dirs = entries
    .filter((entry) => entry.isDirectory() && !isBeingRemoved(entry.name))
    .map((entry) => join(resultsDir, entry.name))
    .sort();
  const listings = await Promise.all(dirs.map(listOne));
  for (const { damaged } of listings) if (damaged !== undefined) onDamaged(damaged);
  return listings
    .flatMap(({ run }) => run ?? [])
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
}

async function listOne(dir: string): Promise<{ run?: RunListing; damaged?: DamagedRun }> {
  try {
    const { summaryFault, ...run } = await describeRun(dir);
    if (summaryFault === undefined) return { run };
    const why = `${FILES.summary}: ${summaryFault}; frames tell what it said`;
    return { run, damaged: { dir, why } };
  } catch (error) {
    if (!(error instanceof RushhourError)) throw error;
    return (await holdsRun(dir)) ? { damaged: { dir, why: error.message } } : {};
  }
}

/** Whether a folder is a run's, whatever has become of it. */
export async function holdsRun(dir: string): Promise<boolean> {
  const names: string[] = await readdir(dir).catch(() => []);
  return [FILES.info, FILES.frames, FILES.summary].some((file) => names.includes(file));
}

async function readEntries(resultsDir: string): Promise<Dirent[]> {
  try {
    return await readdir(resultsDir, { withFileTypes: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new EnvironmentError(`cannot read the results in ${resultsDir} (${message})`, {
      hint: 'choose a readable folder with --results DIR',
      cause,
    });
  }
}

async function describeRun(dir: string): Promise<RunListing & { readonly summaryFault?: string }> {
  const info = await readRunInfo(dir);
  const file = await readSummaryFile(dir);
  const summary = file.kind === 'whole' ? file.value : undefined;
  const { note = '' } = await readNotes(dir);
  return {
    id: info.id,
    dir,
    name: basename(dir),
    scenario: info.scenario.name,
    label: info.label,
    note,
    startedAt: info.startedAt,
    // As `results show` has it: killed once that stood, the run was over.
    status: summary?.run.status ?? readStatus(info),
    verdict: summary?.verdict,
    bytes: await sizeOf(dir),
    ...testedOf(info),
    ...(file.kind === 'damaged' ? { summaryFault: file.why } : {}),
  };
}

/** A list is made of whatever lies there: a run that says it in another way is listed without. */
function testedOf(info: RunInfo): Pick<RunListing, 'tested' | 'workId'> {
  try {
    const workId = createHash('sha256').update(workKey(info.scenario)).digest('hex').slice(0, 12);
    return { tested: describeTested(info), workId };
  } catch {
    return {};
  }
}

/** What a folder takes, those in it included. */
export async function sizeOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  // A draft may be renamed between the two calls, and a segment removed.
  const sizes = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
