import { basename } from 'node:path';
import { STREAMS } from '../fleet/protocol.ts';
import { isReceivedWhole } from '../read/fleet/received.ts';
import type { RunListing } from '../read/listing.ts';
import type { PrunableRun } from '../read/prunable.ts';
import { type DamagedExperiment, listExperiments } from '../store/experiment-file.ts';
import { listReceiving } from '../store/receiving-mark.ts';
import { isUnsent } from '../store/unsent-mark.ts';

/** The server of a fleet keeps what its probes send for so long; milliseconds. */
const KEPT_BY_SERVER_MS = STREAMS.runs.max_age / 1e6;

export interface SpareOptions {
  /** Runs with a note may be removed. */
  readonly notedGo: boolean;
  /** So may those that a probe has not sent to its fleet yet, or of which not all has been received. */
  readonly unsentGo: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Finds why pruning must keep a run, if it must.
 * @param onDamaged called with experiments that cannot be read and therefore cannot be resumed: they protect no run
 */
export async function createSpare(
  results: string,
  { notedGo, unsentGo, nowMs }: SpareOptions,
  onDamaged: (damaged: DamagedExperiment) => void,
): Promise<(run: RunListing & Pick<PrunableRun, 'fleet'>) => string | undefined> {
  const open = (await listExperiments(results, onDamaged)).filter(({ endedAt }) => endedAt === undefined);
  const experiments = new Map(
    open.flatMap(({ id, steps }) => steps.map(({ runId }): [string | null, string] => [runId, id])),
  );
  const received = await listReceiving(results);
  const spareOne = ({ id, dir, status, note }: RunListing): string | undefined => {
    if (status === 'running') return 'in progress';
    const experiment = experiments.get(id);
    if (experiment !== undefined) return `part of experiment ${experiment}, which is unfinished`;
    if (!unsentGo && isUnsent(dir)) return 'not sent to its fleet yet';
    return note === '' || notedGo ? undefined : `noted: ${note}`;
  };
  return (run) => {
    const name = basename(run.dir);
    // Until it has been received, nothing says of which probes it is.
    if (received.some((fleetRun) => name === fleetRun || name.startsWith(`${fleetRun}-`)))
      return 'being received from its fleet';
    if (run.fleet === undefined) return spareOne(run);
    const { file, parts } = run.fleet;
    for (const part of parts) {
      const because = spareOne(part);
      if (because !== undefined) return `${basename(part.dir)}: ${because}`;
    }
    const isKept = nowMs - Date.parse(run.startedAt) < KEPT_BY_SERVER_MS;
    if (unsentGo || !isKept || file.parts.every(isReceivedWhole)) return undefined;
    return 'not received whole yet';
  };
}
