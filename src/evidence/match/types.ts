import type { HandshakeSeen } from '../handshakes/types.ts';

/** What two captures have of one handshake. */
export interface Pair {
  readonly near: HandshakeSeen;
  readonly far: HandshakeSeen;
  /** By what it was found: the client's sequence number, the timestamp in its SYN, or the number in its request. */
  readonly by: 'isn' | 'timestamp' | 'token';
}

/** How far the far clock is ahead of the near one; with the way in between, which takes the same time there and back at best. */
export interface ClockOffset {
  readonly us: number;
  /** It is off by no more than this: half of the shortest round trip between both places. */
  readonly uncertaintyUs: number;
}

export interface Matching {
  readonly pairs: readonly Pair[];
  /** SYNs that were captured at one side, and of which nothing is sure at the other. */
  readonly nearAlone: readonly HandshakeSeen[];
  readonly farAlone: readonly HandshakeSeen[];
  /** Undefined: no pairs, or none with a SYN-ACK on both sides. */
  readonly offset: ClockOffset | undefined;
}
