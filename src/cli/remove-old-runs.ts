import { RushhourError } from '../errors.ts';
import { choosePruning } from '../read/choose-pruning.ts';
import { listRuns, type OnDamaged } from '../read/listing.ts';
import { finishRemovals, removeRun } from '../store/prune.ts';
import type { Host } from './host.ts';
import { createSpare } from './spare-runs.ts';

const DAY_MS = 86_400_000;

/** Removes runs that are too old, and the oldest of those that take too much room. Never fails: a night is not lost by it. */
export async function removeOldRuns(
  host: Host,
  results: string,
  { keepDays, keepBytes }: { readonly keepDays?: number; readonly keepBytes?: number },
  say: (line: string) => void,
): Promise<void> {
  const beforeMs = keepDays === undefined ? undefined : host.now() - keepDays * DAY_MS;
  try {
    await finishRemovals(results);
    const spare = await createSpare(results, false);
    const told: OnDamaged = ({ dir, why }) => say(`${dir} is left alone: ${why}`);
    const { remove } = choosePruning(await listRuns(results, told), { beforeMs, maxBytes: keepBytes }, spare);
    for (const run of remove) await removeRun(run);
    if (remove.length > 0) say(`removed ${remove.length} old ${remove.length === 1 ? 'run' : 'runs'}`);
  } catch (error) {
    if (!(error instanceof RushhourError)) throw error;
    say(`old runs were not removed: ${error.message}`);
  }
}
