import { listRuns, type RunListing } from '../read/listing.ts';
import { readRunInfo } from '../store/read-info.ts';
import type { RunInfo } from '../store/run-info.ts';
import { elapsedSec } from './elapsed.ts';
import { openClocks } from './host/read-clocks.ts';

/** A soak that was killed shortly before its end, or while its summary was made, still gets that from who goes on. */
const GRACE_SEC = 30 * 60;

/** A run is gone on with within a day: what is measured later is another's. */
const RUN_GRACE_SEC = 24 * 3_600;

/**
 * The latest run, or soak, of a scenario that was cut short, and that it is not too late to go on with.
 * @param wanted fingerprint of the scenario as loaded, and which of the two
 * @returns its folder, or undefined where there is none
 */
export async function findCutShort(
  resultsDir: string,
  wanted: { readonly fingerprint: string; readonly kind: 'run' | 'soak' },
  nowMs: number,
): Promise<string | undefined> {
  const runs = await listRuns(resultsDir);
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

/** One that its user ended is over; one that was killed never said so, and a fault is nobody's wish. */
function isOver({ status }: RunListing, endedAt: string | undefined): boolean {
  return status === 'interrupted' && endedAt !== undefined;
}
