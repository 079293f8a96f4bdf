import type { RunListing } from '../read/listing.ts';
import { type DamagedExperiment, listExperiments } from '../store/experiment-file.ts';

/**
 * Tells why a run has to stay where old ones are removed, if it has.
 * @param notedGo a note by itself keeps none
 * @param onDamaged hears of experiments that cannot be read, and so cannot go on: they keep none
 */
export async function createSpare(
  results: string,
  notedGo: boolean,
  onDamaged: (damaged: DamagedExperiment) => void,
): Promise<(run: RunListing) => string | undefined> {
  const open = (await listExperiments(results, onDamaged)).filter(({ endedAt }) => endedAt === undefined);
  const experiments = new Map(
    open.flatMap(({ id, steps }) => steps.map(({ runId }): [string | null, string] => [runId, id])),
  );
  return ({ id, status, note }) => {
    if (status === 'running') return 'under way';
    const experiment = experiments.get(id);
    if (experiment !== undefined) return `of experiment ${experiment}, which is not done`;
    return note === '' || notedGo ? undefined : `noted: ${note}`;
  };
}
