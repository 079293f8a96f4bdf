import { statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** In the folder of a run that a probe has not sent whole to the server of its fleet. */
const UNSENT_MARK = '.unsent';

/** A full disk takes none, and the run is sent all the same. */
export async function markUnsent(dir: string): Promise<void> {
  await writeFile(join(dir, UNSENT_MARK), '').catch(() => {});
}

export async function unmarkUnsent(dir: string): Promise<void> {
  await rm(join(dir, UNSENT_MARK), { force: true }).catch(() => {});
}

export function isUnsent(dir: string): boolean {
  return statSync(join(dir, UNSENT_MARK), { throwIfNoEntry: false }) !== undefined;
}
