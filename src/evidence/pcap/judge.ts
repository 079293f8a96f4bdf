import { DEFAULT_STALL_AFTER_US, type HandshakeVerdict, judgeHandshake } from '../../outcome/stall.ts';
import type { AnswerSeen, HandshakeSeen } from '../handshakes/types.ts';
import type { Met } from './types.ts';

/** What came back for the first copy of a handshake's SYN; undefined: no SYN was captured. */
export function metBy({ syns, answers, establishedAtUs }: HandshakeSeen): Met | undefined {
  if (syns.length === 0) return undefined;
  const second = syns[1]?.atUs ?? Number.POSITIVE_INFINITY;
  const first = answers.find(({ atUs }) => !(atUs > second));
  if (first !== undefined) return nameOf(first);
  const wasAnswered = answers.length === 0 && syns.length === 1 && !Number.isNaN(establishedAtUs);
  return wasAnswered ? 'unseen' : 'silence';
}

function nameOf({ kind, acknowledges }: AnswerSeen): Met {
  if (kind === 'ack') return 'bare-ack';
  return kind === 'syn-ack' && acknowledges === 'another' ? 'foreign-syn-ack' : kind;
}

/** From the first SYN to the client's acknowledgement; NaN: one of them is missing. */
export function handshakeUs({ syns, establishedAtUs }: HandshakeSeen): number {
  return establishedAtUs - (syns[0]?.atUs ?? Number.NaN);
}

/** How long the client waited: {@link handshakeUs}, or until the last packet if it was never established. */
export function waitUs(seen: HandshakeSeen): number {
  const us = handshakeUs(seen);
  return Number.isNaN(us) ? seen.lastAtUs - (seen.syns[0]?.atUs ?? Number.NaN) : us;
}

/** Whether it stalled, as rushhour judges its own; undefined: no SYN was captured. */
export function judge(seen: HandshakeSeen): HandshakeVerdict | undefined {
  if (seen.syns.length === 0) return undefined;
  return judgeHandshake(
    {
      handshakeUs: waitUs(seen),
      synRetransmits: seen.synCount - 1,
      established: !Number.isNaN(seen.establishedAtUs),
      stopped: false,
      pathUs: pathUs(seen),
    },
    DEFAULT_STALL_AFTER_US,
  );
}

/**
 * The path's round trip: from the capture to the server and back, and to the client and back. Where one of them is not known it is
 * that or more; -1: neither is.
 */
function pathUs({ fromClient, fromServer }: HandshakeSeen): number {
  const parts = [fromClient.minRttUs, fromServer.minRttUs].filter((us) => !Number.isNaN(us));
  return parts.length === 0 ? -1 : parts.reduce((sum, us) => sum + us, 0);
}
