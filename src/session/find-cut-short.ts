import { listAlone } from '../read/fleet/parts.ts';
import { listRuns, type RunListing } from '../read/listing.ts';
import { readRunInfo } from '../store/read-info.ts';
import type { RunInfo } from '../store/run-info.ts';
import { elapsedSec } from './elapsed.ts';
import { openClocks } from './host/read-clocks.ts';

/** A soak killed shortly before its end, or while its summary was being made, can still be resumed to finish it. */
const GRACE_SEC = 30 * 60;

/** A run can be resumed within a day; after that, conditions are no longer comparable. */
const RUN_GRACE_SEC = 24 * 3_600;

/**
 * Finds the latest interrupted run or soak of a scenario that can still be resumed.
 * @param wanted fingerprint of the scenario as loaded, and which of the two
 * @returns its folder, or undefined if there is none
 */
export async function findCutShort(
  resultsDir: string,
  wanted: { readonly fingerprint: string; readonly kind: 'run' | 'soak' },
  nowMs: number,
): Promise<string | undefined> {
  // Runs of probes were received, and are theirs to resume.
  const runs = await listAlone(await listRuns(resultsDir), resultsDir);
  const clocks = openClocks();
  try {
    for (const run of runs.toReversed()) {
      if (run.status !== 'interrupted' && run.status !== 'failed') continue;
      const info = await readRunInfo(run.dir);
      const session = info[wanted.kind === 'soak' ? 'soak' : 'session'];
      if (session?.fingerprint !== wanted.fingerprint || isOver(run, info.endedAt)) continue;
      if (elapsedSec({ session, startedAt: info.startedAt }, clocks, nowMs) < latestSec(info)) return run.dir;
    }
    return undefined;
  } finally {
    clocks.close();
  }
}

function latestSec({ soak }: RunInfo): number {
  return soak === undefined ? RUN_GRACE_SEC : soak.forUs / 1_000_000 + GRACE_SEC;
}

/**
 * A run that its user stopped is over. A killed one could not record its end, and a failed one did not mean to end.
 */
function isOver({ status }: RunListing, endedAt: string | undefined): boolean {
  return status === 'interrupted' && endedAt !== undefined;
}
