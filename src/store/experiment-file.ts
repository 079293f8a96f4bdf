import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import type { EngineName } from '../engine/names.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import type { Overrides } from '../scenario/overrides.ts';
import { redactScenario } from '../scenario/secret-places.ts';
import type { Scenario } from '../scenario/types.ts';
import { experimentSchema, type Side, type StepState } from './experiment-schema.ts';
import { writeJson } from './json-file.ts';
import { makeFolder } from './make-folder.ts';
import { type JsonFile, readJson } from './read-json.ts';
import type { ProcessMark } from './run-info.ts';
import { schemaOf } from './shapes.ts';
import { timeStampOf } from './time-stamp.ts';

/** One run of an experiment, and all that goes before it. */
export interface ExperimentStep {
  /** From 1. */
  readonly round: number;
  readonly side: Side;
  readonly state: StepState;
  /** The run under way or done; null before. */
  readonly runId: string | null;
  /** Runs of this step that were cut short, and do not count. */
  readonly cut: readonly string[];
}

/** results/experiments/<id>.json: the planned steps and the finished ones, written before and after each step. */
export interface ExperimentState {
  readonly schema: 1;
  readonly id: string;
  /** Name, or absolute path. */
  readonly scenario: string;
  /** As typed, secrets redacted. */
  readonly overrides: Overrides;
  /** SHA-256 of the scenario as loaded, without secrets: a resumed experiment has to be the same one. */
  readonly fingerprint: string;
  readonly sides: Readonly<Record<Side, { readonly command: string; readonly label: string }>>;
  /** Must end with 0 before a run may start; null: nothing to verify. */
  readonly verify: string | null;
  readonly settleUs: number;
  /** Longest that a command may take. */
  readonly commandTimeoutUs: number;
  readonly workers: number;
  readonly engine: 'auto' | EngineName;
  /** Only of experiments begun by version 0.2.0 and earlier, which had a choice. */
  readonly reactor?: 'auto' | 'epoll' | 'io_uring';
  readonly rounds: number;
  /** Of the order within rounds. */
  readonly seed: number;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** Absent until the last run is done. */
  readonly endedAt?: string;
  readonly steps: readonly ExperimentStep[];
  /** The process that does it, or did last. */
  readonly process: ProcessMark;
}

const STATE = schemaOf<ExperimentState>()(experimentSchema);

/** What identifies a scenario as loaded, without telling its secrets. */
export function fingerprintOf(scenario: Scenario): string {
  return createHash('sha256')
    .update(JSON.stringify(redactScenario(scenario)))
    .digest('hex');
}

function experimentsDir(resultsDir: string): string {
  return join(resultsDir, 'experiments');
}

/** Where the output of the commands is kept. */
export function experimentLog(resultsDir: string, id: string): string {
  return join(experimentsDir(resultsDir), `${id}.log`);
}

/** Experiments that may start in the same second with the same scenario. */
const MAX_SAME_NAME = 1_000;

/**
 * Gives an experiment its id and writes it for the first time. Only its owner may read the file: commands may say more
 * than they should.
 * @throws EnvironmentError where the folder cannot be written
 */
export async function createExperiment(
  resultsDir: string,
  scenarioName: string,
  make: (id: string) => ExperimentState,
): Promise<ExperimentState> {
  const dir = experimentsDir(resultsDir);
  const { startedAt } = make('');
  const stamp = timeStampOf(startedAt);
  try {
    await makeFolder(dir);
    for (let number = 1; number <= MAX_SAME_NAME; number += 1) {
      const id = `${stamp}-${scenarioName}${number === 1 ? '' : `-${number}`}`;
      if (!(await claim(join(dir, `${id}.json`)))) continue;
      const state = make(id);
      await saveExperiment(resultsDir, state);
      return state;
    }
  } catch (cause) {
    throw new EnvironmentError(`cannot write the experiment to ${dir} (${(cause as Error).message})`, {
      hint: 'choose a writable folder with --results DIR, or free disk space',
      cause,
    });
  }
  throw new EnvironmentError(
    `${dir} has ${MAX_SAME_NAME} experiments named ${stamp}-${scenarioName} already`,
  );
}

/** Makes an empty file, so that no other process takes the name. */
async function claim(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export async function saveExperiment(resultsDir: string, state: ExperimentState): Promise<void> {
  await writeJson(join(experimentsDir(resultsDir), `${state.id}.json`), state, 0o600);
}

/** A file of an experiment that is not what it should be. */
export interface DamagedExperiment {
  readonly path: string;
  /** What is wrong, in a line. */
  readonly why: string;
}

/** Every experiment of a results folder that can be read, oldest first; the damaged ones are reported. */
export async function listExperiments(
  resultsDir: string,
  onDamaged: (damaged: DamagedExperiment) => void = () => {},
): Promise<ExperimentState[]> {
  const dir = experimentsDir(resultsDir);
  const names = await readdir(dir).catch(() => []);
  const paths = names.filter((name) => name.endsWith('.json')).sort();
  const files = await Promise.all(paths.map((name) => readState(join(dir, name))));
  return files.flatMap((file, index) => {
    if (file.kind === 'damaged') onDamaged({ path: join(dir, paths[index]!), why: file.why });
    return file.kind === 'whole' ? [file.value] : [];
  });
}

/** One under another name would be written elsewhere as it goes on. */
async function readState(path: string): Promise<JsonFile<ExperimentState>> {
  const file = await readJson(path, STATE);
  if (file.kind !== 'whole' || `${file.value.id}.json` === basename(path)) return file;
  return { kind: 'damaged', why: 'its id does not match its file name' };
}

/**
 * Finds an experiment by its id or the start of one.
 * @throws UsageError if there is none, several match, or the only one that matches is damaged
 */
export async function findExperiment(name: string, resultsDir: string): Promise<ExperimentState> {
  const damaged: DamagedExperiment[] = [];
  const all = await listExperiments(resultsDir, (each) => damaged.push(each));
  const exact = all.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const starting = all.filter(({ id }) => id.startsWith(name));
  if (starting.length === 1) return starting[0]!;
  if (starting.length > 1) {
    throw new UsageError(`"${name}" matches ${starting.length} experiments: ${idsOf(starting).join(', ')}`, {
      hint: 'give more of the id',
    });
  }
  const broken = damaged.find(({ path }) => basename(path).startsWith(name));
  if (broken !== undefined) {
    throw new UsageError(`${broken.path} is damaged: ${broken.why}`, {
      hint: 'start the experiment again; its runs so far are kept',
    });
  }
  throw new UsageError(`there is no experiment "${name}" in ${experimentsDir(resultsDir)}`, {
    hint:
      all.length === 0
        ? 'there are none yet: rushhour experiment --help shows how to start one'
        : `did you mean ${closest(name, idsOf(all))}?`,
  });
}

function idsOf(states: readonly ExperimentState[]): string[] {
  return states.map(({ id }) => id);
}
