import type { Arm } from '../../scenario/types.ts';
import type { ArmSummary, Finding } from '../types.ts';

/** Handshakes that were completed where the far end must refuse: somebody else answered. */
export function findPreAnswered(arm: Arm, summary: ArmSummary): Finding[] {
  const answered = summary.outcomes['unexpected-handshake'] ?? 0;
  if (arm.expect.kind !== 'refused' || answered === 0) return [];
  const handshakeUs = summary.service.handshakeUs.p50;
  return [
    {
      kind: 'pre-answered',
      arm: arm.name,
      confidence: answered === summary.started ? 'high' : 'medium',
      handshakeUs,
      count: answered,
      text: `${answered} of ${summary.started} handshakes with a port that must refuse were completed, in ${handshakeUs} us (median): a middlebox answers for the far end, and handshake times are its own`,
    },
  ];
}
