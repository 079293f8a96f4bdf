import { access, constants, mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import { makeFolder } from './make-folder.ts';
import { finishRemovals } from './prune.ts';
import { timeStampOf } from './time-stamp.ts';

/** Runs that may start in the same second with the same scenario. */
const MAX_SAME_NAME = 1_000;

/** Creates a run's folder. Its name sorts by time; if it is taken, a number is added. */
export async function makeRunFolder(
  resultsDir: string,
  facts: { readonly startedAt: string; readonly scenario: { readonly name: string } },
): Promise<{ id: string; dir: string }> {
  const stamp = timeStampOf(facts.startedAt);
  await makeFolder(resultsDir);
  await finishRemovals(resultsDir);
  for (let number = 1; number <= MAX_SAME_NAME; number += 1) {
    const id = `${stamp}-${facts.scenario.name}${number === 1 ? '' : `-${number}`}`;
    const dir = join(resultsDir, id);
    try {
      await mkdir(dir);
      return { id, dir };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new EnvironmentError(
    `${resultsDir} has ${MAX_SAME_NAME} runs named ${stamp}-${facts.scenario.name} already`,
  );
}

/**
 * Creates a results folder before there is anything to write, so that a wrong one is told at once.
 * @returns the folders that were created, from the top
 * @throws EnvironmentError if that is not possible
 */
export async function provideResultsFolder(resultsDir: string): Promise<readonly string[]> {
  try {
    const made = await makeFolder(resultsDir);
    await access(resultsDir, constants.W_OK);
    return made;
  } catch (cause) {
    failToWrite(resultsDir, cause);
  }
}

/**
 * Does what may write results to a folder, which is created before, and removed again if nothing is in it then.
 * @throws EnvironmentError if it cannot be created
 */
export async function withResultsFolder<T>(resultsDir: string, act: () => Promise<T>): Promise<T> {
  const made = await provideResultsFolder(resultsDir);
  try {
    return await act();
  } finally {
    // One that is not empty stays, and so do those above it.
    for (const dir of made.toReversed()) await rmdir(dir).catch(() => {});
  }
}

/** @throws EnvironmentError in place of the system's own, which says nothing of what to do */
export function failToWrite(resultsDir: string, cause: unknown): never {
  if (cause instanceof EnvironmentError) throw cause;
  throw new EnvironmentError(`cannot write results to ${resultsDir} (${(cause as Error).message})`, {
    hint: 'choose a writable folder with --results DIR, or free disk space',
    cause,
  });
}
