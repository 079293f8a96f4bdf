import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatus } from '../../../src/analysis/types.ts';
import {
  type FleetFile,
  type FleetFilePart,
  partFolder,
  writeFleetFile,
} from '../../../src/store/fleet-file.ts';
import { createSession, type RunFacts } from '../../../src/store/session-create.ts';
import { play, recorderOf, recordOf, refusedLocally, unestablished } from '../../metrics/attempts.ts';
import { factsOf, recordInto } from '../../store/runs.ts';

export const RUN = '20250131-060000-steady-k3f9';

/** Attempts of one second. */
export interface PlayedSecond {
  readonly ok: number;
  /** Completed after a second SYN. */
  readonly recovered: number;
  readonly reset: number;
  readonly unsent: number;
}

export function partOf(probe: string, changes: Partial<FleetFilePart> = {}): FleetFilePart {
  return {
    ...{ probe, labels: {} },
    events: [
      { kind: 'accepted', attempts: 1 },
      { kind: 'started', folder: 'there', startedAtMs: 0 },
      { kind: 'ended', status: 'complete' },
    ],
    copy: { hasEnded: true, missing: [], differing: [] },
    ...changes,
  };
}

export async function keepFleet(
  results: string,
  parts: readonly FleetFilePart[],
  changes: Partial<FleetFile> = {},
): Promise<string> {
  const file: FleetFile = { schema: 1, id: RUN, startsAtMs: Date.UTC(2025, 0, 31, 6), parts, ...changes };
  await writeFleetFile(results, file);
  return join(results, file.id);
}

/** Records what a probe of a fleet's run did, as a run does, into the folder where it arrives. */
export async function recordPart(
  results: string,
  probe: string,
  seconds: readonly PlayedSecond[],
  {
    id = RUN,
    status = 'complete',
    facts = {},
  }: {
    readonly id?: string;
    readonly status?: RunStatus;
    readonly facts?: Partial<RunFacts>;
  } = {},
): Promise<string> {
  const fail = (message: string): never => {
    throw new Error(message);
  };
  const writer = await createSession(results, factsOf({ label: `${probe} of ${id}`, ...facts }), fail);
  const recording = recordInto(writer);
  const recorder = recorderOf();
  for (const [second, { ok, recovered, reset, unsent }] of seconds.entries()) {
    const at = second * 1_000_000;
    for (let index = 0; index < ok; index += 1)
      play(
        recorder,
        recordOf({ startedAtUs: at + index, establishedAtUs: at + index + 300, endpoint: index % 2 }),
      );
    for (let index = 0; index < recovered; index += 1) {
      const established = { establishedAtUs: at + 1_200_000, endedAtUs: at + 1_300_000 };
      play(recorder, recordOf({ startedAtUs: at + index, synRetransmits: 1, ...established }));
    }
    for (let index = 0; index < reset; index += 1)
      play(recorder, unestablished({ startedAtUs: at + index, handshakeUs: 500, cause: 'errno' }));
    for (let index = 0; index < unsent; index += 1)
      play(recorder, refusedLocally('EADDRNOTAVAIL', { startedAtUs: at + index }));
    recording.receive({ kind: 'frame', shard: 0, ...recorder.takeFrame(second, 0) });
  }
  recording.receive({ kind: 'done', shard: 0 });
  const { unkept } = await recording.finish(status);
  if (unkept !== undefined) throw unkept;
  const dir = partFolder(join(results, id), probe);
  await rename(writer.dir, dir);
  return dir;
}
