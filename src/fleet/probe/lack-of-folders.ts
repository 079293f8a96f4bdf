import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { makeFolder } from '../../store/make-folder.ts';
import type { Presence } from '../messages.ts';
import { codeOf } from './lack.ts';

/** For the operator, who learns of no path. */
export const MEND_FOLDERS = 'its owner has to make the folders of --results and --state writable';

/**
 * Makes the folders of a probe anew where somebody has removed them, as at its start.
 * @returns for the operator, without a path: why nothing can be kept in them; undefined: it can
 */
export async function lackOfFolders(
  resultsDir: string,
  outboxDir: string,
): Promise<Presence['checks'][number] | undefined> {
  try {
    await makeFolder(resultsDir);
    await makeFolder(outboxDir, 0o700);
    for (const dir of [resultsDir, outboxDir]) await access(dir, constants.W_OK);
    return undefined;
  } catch (error) {
    return {
      ...{ name: 'results', level: 'fail' },
      what: `it cannot keep what it records (${codeOf(error)})`,
      mend: MEND_FOLDERS,
    };
  }
}
