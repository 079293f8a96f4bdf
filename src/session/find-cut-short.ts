import { listRuns, type RunListing } from '../store/listing.ts';
import { readRunInfo } from '../store/run-reader.ts';
import { elapsedSec } from './elapsed.ts';
import { openClocks } from './host/read-clocks.ts';

/** A night that was killed shortly before its end, or while its summary was made, still gets that from who goes on. */
const GRACE_SEC = 30 * 60;

/**
 * The latest night of a scenario that was cut short and whose end is ahead, or not long past.
 * @param fingerprint of the scenario as loaded
 * @returns its folder, or undefined where there is none
 */
export async function findCutShort(
  resultsDir: string,
  fingerprint: string,
  nowMs: number,
): Promise<string | undefined> {
  const runs = await listRuns(resultsDir);
  const clocks = openClocks();
  try {
    for (const run of runs.toReversed()) {
      if (run.status !== 'interrupted' && run.status !== 'failed') continue;
      const { soak, startedAt, endedAt } = await readRunInfo(run.dir);
      if (soak?.fingerprint !== fingerprint || isOver(run, endedAt)) continue;
      if (elapsedSec({ soak, startedAt }, clocks, nowMs) < soak.forUs / 1_000_000 + GRACE_SEC) return run.dir;
    }
    return undefined;
  } finally {
    clocks.close();
  }
}

/** One that its user ended is over; one that was killed never said so, and a fault is nobody's wish. */
function isOver({ status }: RunListing, endedAt: string | undefined): boolean {
  return status === 'interrupted' && endedAt !== undefined;
}
