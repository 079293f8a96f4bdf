import { encodeHead } from '../evidence/near/write-packets.ts';
import { EvidenceLog, type KeptEvidence } from '../store/evidence-log.ts';
import type { SessionWriter } from '../store/session-writer.ts';

/** Opens the evidence log of a run or soak; its file is created with the first entry. */
export function openEvidence(
  { dir, info }: Pick<SessionWriter, 'dir' | 'info'>,
  onFailure: (message: string) => void,
): EvidenceLog {
  return new EvidenceLog({
    ...{ dir, onFailure },
    head: encodeHead(`rushhour ${info.versions.rushhour ?? ''}`.trim()),
    ...(info.soak === undefined ? {} : { windowSec: info.soak.windowSec }),
  });
}

/** @param baseSec second of the session that is second 0 of the segment */
export function shiftEvidence(kept: readonly KeptEvidence[], baseSec: number): KeptEvidence[] {
  return kept.map(({ evidence, blocks }) => ({
    evidence: { ...evidence, atUs: evidence.atUs + baseSec * 1_000_000 },
    blocks,
  }));
}
