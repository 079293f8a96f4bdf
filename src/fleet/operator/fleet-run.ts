import { type AbsentProbe, type FleetFile, writeFleetFile } from '../../store/fleet-file.ts';
import type { ClockOffset } from '../clock-offset.ts';
import type { FleetEvent } from '../messages.ts';
import type { CopyState } from './run-copy.ts';

/** One probe's part of a fleet's run, as far as it is known. */
export interface ProbePart {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its clock against the operator's; undefined if it was not asked. */
  offset?: ClockOffset;
  readonly events: FleetEvent[];
  /** What came of its folder. */
  copy?: CopyState;
  readonly dir: string;
  /** Second 0 as the operator's clock has it, less the agreed one; milliseconds. */
  skewMs?: number;
  /** Its credentials were taken back before it had told all: nothing more comes. */
  isRevoked?: true;
}

export interface FleetRun {
  readonly id: string;
  /** By the clock of the operator, milliseconds since 1970. */
  readonly startsAtMs: number;
  /** When its load ends at the latest, by the same clock; absent: not known. */
  readonly endsAtMs?: number;
  readonly parts: readonly ProbePart[];
  /** Selected, and not asked for anything. */
  readonly absent: readonly AbsentProbe[];
}

/** Writes what is known of a fleet's run beside the folders of its probes. */
export async function keepRun(
  { id, startsAtMs, parts, absent }: FleetRun,
  resultsDir: string,
): Promise<void> {
  const file: FleetFile = {
    ...{ schema: 1, id, startsAtMs, absent },
    parts: parts.map(({ dir: _, ...part }) => part),
  };
  await writeFleetFile(resultsDir, file);
}
