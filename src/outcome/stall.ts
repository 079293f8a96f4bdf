/**
 * What a handshake's time and retransmissions say of it.
 * `prompt`: nothing to see; `healed`: retransmitted but faster than `stallAfter`; `slow`: as long, without a
 * retransmission or because the path is that long: no loss; `recovered`: stalled, then completed; `frozen`: stalled, never completed;
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
  /** The path's round trip, as exchanges after the handshake have it; -1: not known. */
  readonly pathUs: number;
}

/** Default of `stallAfter`: below the first SYN retransmission at 1 s (RFC 6298 section 2), above any sane path. */
export const DEFAULT_STALL_AFTER_US = 900_000;

/** Tells a stalled handshake from a slow or a healed one. */
export function judgeHandshake(facts: HandshakeFacts, stallAfterUs: number): HandshakeFate {
  const long = facts.handshakeUs >= stallAfterUs;
  if (facts.synRetransmits === 0) return long ? 'slow' : 'prompt';
  if (!long) return facts.synRetransmits > 0 && facts.established ? 'healed' : 'prompt';
  if (facts.established) return isPath(facts, stallAfterUs) ? 'slow' : 'recovered';
  return facts.stopped ? 'unresolved' : 'frozen';
}

/** On a path that takes longer than a SYN's timer, each is sent again before its answer is back: what counts is what is beyond. */
function isPath({ handshakeUs, pathUs }: HandshakeFacts, stallAfterUs: number): boolean {
  return pathUs >= stallAfterUs && handshakeUs - pathUs < stallAfterUs;
}

/**
 * Whether only the path's round trip could tell if an established handshake stalled. A SYN that was sent again gives no sample
 * without TCP timestamps (RFC 6298 section 3); with them the answer tells which SYN it is for (RFC 7323 section 4), but one
 * that was itself sent again repeats the first SYN's timestamp and makes a short path look long.
 * @param rttUs tcpi_rtt right after the handshake; 0 or less: no sample
 */
export function needsPath(
  { handshakeUs, synRetransmits }: Pick<HandshakeFacts, 'handshakeUs' | 'synRetransmits'>,
  rttUs: number,
  stallAfterUs: number,
): boolean {
  const isShort = rttUs > 0 && rttUs < stallAfterUs;
  return handshakeUs >= stallAfterUs && synRetransmits > 0 && !isShort;
}
