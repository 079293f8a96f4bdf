import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Evidence } from '../../metrics/evidence.ts';
import { EVIDENCE_FILES } from '../../store/files.ts';
import { readEvidence } from '../../store/read-evidence.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import { type OnBytes, readHandshakes } from '../match/match-files.ts';
import type { CaptureFile } from '../pcap/read-files.ts';
import type { CaptureClock, PacketFacts } from '../pcap/read-packets.ts';

/** An attempt of which this side kept evidence. */
export interface KeptAttempt extends Pick<Evidence, 'series' | 'attempt' | 'kind' | 'atUs'> {
  /** Undefined: its SYN is not in the capture. */
  near: HandshakeSeen | undefined;
}

export interface KeptAttempts {
  readonly file: CaptureFile;
  readonly facts: PacketFacts;
  /** In the order of evidence.jsonl. */
  readonly attempts: readonly KeptAttempt[];
}

/**
 * What a run kept of its own side: attempts, with their handshakes in its capture.
 * @throws UsageError if it kept nothing; EnvironmentError if the capture cannot be read
 */
export async function readKeptAttempts(
  dir: string,
  clock: CaptureClock,
  onBytes?: OnBytes,
): Promise<KeptAttempts> {
  const attempts: KeptAttempt[] = [];
  const bySyn = new Map<string, KeptAttempt>();
  for await (const { series, attempt, kind, atUs, source, packets } of readEvidence(dir)) {
    const one: KeptAttempt = { series, attempt, kind, atUs, near: undefined };
    attempts.push(one);
    const syn = packets.find((packet) => packet.kind === 'syn' && packet.way === 'out');
    if (syn !== undefined) bySyn.set(synKey(source, syn.seq), one);
  }
  if (attempts.length === 0)
    throw new UsageError(`${dir} has no evidence of this side to join with that of the far one`, {
      hint: 'a run keeps packets where it may capture them: as root or with CAP_NET_RAW, and without --capture off',
    });
  const file = { path: join(dir, EVIDENCE_FILES.capture), shown: EVIDENCE_FILES.capture };
  const [facts] = await readHandshakes([file], clock, {
    onHandshake(seen) {
      const [syn] = seen.syns;
      if (syn === undefined) return;
      const one = bySyn.get(synKey(endpointOf(seen), syn.isn));
      if (one !== undefined) one.near = seen;
    },
    onBytes,
  });
  return { file, facts: facts!, attempts };
}

function synKey(source: string, isn: number): string {
  return `${source} ${isn}`;
}

/** As evidence.jsonl writes it. */
function endpointOf({ family, client, clientPort }: HandshakeSeen): string {
  return family === 6 ? `[${client}]:${clientPort}` : `${client}:${clientPort}`;
}
