import type { RunListing } from '../read/listing.ts';
import { type DamagedExperiment, listExperiments } from '../store/experiment-file.ts';
import { isUnsent } from '../store/unsent-mark.ts';

/**
 * Finds why pruning must keep a run, if it must.
 * @param notedGo runs with a note may be removed
 * @param unsentGo so may those that a probe has not sent to its fleet yet
 * @param onDamaged called with experiments that cannot be read and therefore cannot be resumed: they protect no run
 */
export async function createSpare(
  results: string,
  { notedGo, unsentGo }: { readonly notedGo: boolean; readonly unsentGo: boolean },
  onDamaged: (damaged: DamagedExperiment) => void,
): Promise<(run: RunListing) => string | undefined> {
  const open = (await listExperiments(results, onDamaged)).filter(({ endedAt }) => endedAt === undefined);
  const experiments = new Map(
    open.flatMap(({ id, steps }) => steps.map(({ runId }): [string | null, string] => [runId, id])),
  );
  return ({ id, dir, status, note }) => {
    if (status === 'running') return 'in progress';
    const experiment = experiments.get(id);
    if (experiment !== undefined) return `part of experiment ${experiment}, which is unfinished`;
    if (!unsentGo && isUnsent(dir)) return 'not sent to its fleet yet';
    return note === '' || notedGo ? undefined : `noted: ${note}`;
  };
}
