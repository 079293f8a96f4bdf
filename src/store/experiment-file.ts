import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import type { EngineName } from '../engine/names.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import type { Overrides } from '../scenario/overrides.ts';
import { redactScenario } from '../scenario/secret-places.ts';
import type { Scenario } from '../scenario/types.ts';
import { writeJson } from './json-file.ts';
import type { ProcessMark } from './run-info.ts';

export const SIDES = ['a', 'b'] as const;
export type Side = (typeof SIDES)[number];

const STEP_STATES = ['waiting', 'switching', 'settling', 'verifying', 'running', 'done'] as const;
export type StepState = (typeof STEP_STATES)[number];

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
  const stamp = startedAt.replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  try {
    await mkdir(dir, { recursive: true });
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

/** Every experiment of a results folder that can be read, oldest first. */
export async function listExperiments(resultsDir: string): Promise<ExperimentState[]> {
  const dir = experimentsDir(resultsDir);
  const names = await readdir(dir).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).sort();
  const states = await Promise.all(files.map((name) => readState(join(dir, name))));
  return states.filter((state) => state !== undefined);
}

async function readState(path: string): Promise<ExperimentState | undefined> {
  try {
    const state = JSON.parse(await readFile(path, 'utf8')) as ExperimentState | null;
    return state?.schema === 1 ? state : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds an experiment by its id or the start of one.
 * @throws UsageError if there is none, or several match
 */
export async function findExperiment(name: string, resultsDir: string): Promise<ExperimentState> {
  const all = await listExperiments(resultsDir);
  const exact = all.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const starting = all.filter(({ id }) => id.startsWith(name));
  if (starting.length === 1) return starting[0]!;
  if (starting.length > 1) {
    throw new UsageError(`"${name}" matches ${starting.length} experiments: ${idsOf(starting).join(', ')}`, {
      hint: 'write more of the id',
    });
  }
  throw new UsageError(`there is no experiment "${name}" in ${experimentsDir(resultsDir)}`, {
    hint:
      all.length === 0
        ? 'there are none yet: rushhour experiment --help shows how to begin one'
        : `did you mean ${closest(name, idsOf(all))}?`,
  });
}

function idsOf(states: readonly ExperimentState[]): string[] {
  return states.map(({ id }) => id);
}
