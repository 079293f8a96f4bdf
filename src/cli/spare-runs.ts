import type { RunListing } from '../read/listing.ts';
import { listExperiments } from '../store/experiment-file.ts';

/**
 * Tells why a run has to stay where old ones are removed, if it has.
 * @param notedGo a note alone keeps none
 */
export async function createSpare(
  results: string,
  notedGo: boolean,
): Promise<(run: RunListing) => string | undefined> {
  const open = (await listExperiments(results)).filter(({ endedAt }) => endedAt === undefined);
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
