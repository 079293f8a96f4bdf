/**
 * What a handshake's time and retransmissions say of it.
 * `prompt`: nothing to see; `healed`: retransmitted but faster than `stallAfter`; `slow`: as long, without a
 * retransmission: the path, not a loss; `recovered`: stalled, then completed; `frozen`: stalled, never completed;
 * `unresolved`: stalled, and given up by this program before either.
 */
export type HandshakeFate = 'prompt' | 'healed' | 'slow' | 'recovered' | 'frozen' | 'unresolved';

export interface HandshakeFacts {
  /** From SYN sent to established, or to the end where it never was. */
  readonly handshakeUs: number;
  readonly established: boolean;
  /** Ended because this program stopped, not by an answer, an error or its timeout. */
  readonly stopped: boolean;
  /** SYN retransmissions; -1: the system cannot tell, and time alone decides. */
  readonly synRetransmits: number;
}

/** Default of `stallAfter`: below the first SYN retransmission at 1 s (RFC 6298 section 2), above any sane path. */
export const DEFAULT_STALL_AFTER_US = 900_000;

/** Tells a stalled handshake from a slow or a healed one. */
export function judgeHandshake(facts: HandshakeFacts, stallAfterUs: number): HandshakeFate {
  const long = facts.handshakeUs >= stallAfterUs;
  if (facts.synRetransmits === 0) return long ? 'slow' : 'prompt';
  if (!long) return facts.synRetransmits > 0 && facts.established ? 'healed' : 'prompt';
  if (facts.established) return 'recovered';
  return facts.stopped ? 'unresolved' : 'frozen';
}
