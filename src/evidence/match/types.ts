import type { ClockOffset, MatchedBy } from '../../metrics/far.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import type { FarClock } from './offsets.ts';

/** What two captures have of one handshake. */
export interface Pair {
  readonly near: HandshakeSeen;
  readonly far: HandshakeSeen;
  readonly by: MatchedBy;
}

export interface Matching {
  readonly pairs: readonly Pair[];
  /** SYNs that were captured here, and of which nothing is sure at the far side. */
  readonly nearAlone: readonly HandshakeSeen[];
  /** How many handshakes of the far side belong to none that was given here. */
  readonly farAlone: number;
  /** Undefined: no pairs, or none with a SYN-ACK on both sides. */
  readonly offset: ClockOffset | undefined;
  /** Undefined: no pairs. */
  readonly clock: FarClock | undefined;
}
