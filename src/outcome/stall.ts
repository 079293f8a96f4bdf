/**
 * What a handshake's time and retransmissions show. `prompt`: nothing unusual; `healed`: retransmitted but faster
 * than `stallAfter`; `slow`: as long, without a retransmission or because the path is that long: no loss;
 * `recovered`: stalled, then completed; `frozen`: stalled, never completed; `unresolved`: stalled, and abandoned by
 * this program before either.
 */
export type HandshakeVerdict = 'prompt' | 'healed' | 'slow' | 'recovered' | 'frozen' | 'unresolved';

export interface HandshakeFacts {
  /** From SYN sent to established, or to the end if it never was. */
  readonly handshakeUs: number;
  readonly established: boolean;
  /** Ended because this program stopped, not by an answer, an error or its timeout. */
  readonly stopped: boolean;
  /** SYN retransmissions; -1: the system cannot tell, and only time decides. */
  readonly synRetransmits: number;
  /** The path's round trip, measured by exchanges after the handshake; -1: not known. */
  readonly pathUs: number;
}

/** Default of `stallAfter`: below the first SYN retransmission at 1 s (RFC 6298 section 2), above any sane path. */
export const DEFAULT_STALL_AFTER_US = 900_000;

/** Distinguishes a stalled handshake from a slow or a healed one. */
export function judgeHandshake(facts: HandshakeFacts, stallAfterUs: number): HandshakeVerdict {
  const long = facts.handshakeUs >= stallAfterUs;
  if (facts.synRetransmits === 0) return long ? 'slow' : 'prompt';
  if (!long) return facts.synRetransmits > 0 && facts.established ? 'healed' : 'prompt';
  if (facts.established) return isPath(facts, stallAfterUs) ? 'slow' : 'recovered';
  return facts.stopped ? 'unresolved' : 'frozen';
}

/**
 * On a path with a round trip above the SYN timer, every SYN is retransmitted before its answer arrives: only the
 * time beyond that counts.
 */
function isPath({ handshakeUs, pathUs }: HandshakeFacts, stallAfterUs: number): boolean {
  return pathUs >= stallAfterUs && handshakeUs - pathUs < stallAfterUs;
}

/**
 * Whether only the path's round trip could tell if an established handshake stalled. A SYN that was sent again gives
 * no sample without TCP timestamps (RFC 6298 section 3); with them the answer tells which SYN it is for (RFC 7323
 * section 4), but one that was itself sent again repeats the first SYN's timestamp and makes a short path look long.
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
