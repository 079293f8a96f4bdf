import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { FarCandidates } from '../../../src/evidence/match/far-candidates.ts';
import { matchHandshakes } from '../../../src/evidence/match/match.ts';
import type { Matching } from '../../../src/evidence/match/types.ts';

/** Matches the handshakes of two sides. */
export function matchAll(near: readonly HandshakeSeen[], far: readonly HandshakeSeen[]): Matching {
  const candidates = new FarCandidates(near);
  for (const one of far) candidates.add(one);
  return matchHandshakes(candidates);
}
