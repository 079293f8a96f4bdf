import type { ArmSeen, Observations } from '../observations/types.ts';

/** Responses that came late as if a segment had been sent again, beyond those whose request was. */
export function lateResponsesOf({ summary }: ArmSeen): number {
  return Math.max(0, (summary.responsesLate?.count ?? 0) - (summary.requestsResent?.count ?? 0));
}

export function countResponsesLate({ arms }: Observations): number {
  return arms.reduce((sum, arm) => sum + lateResponsesOf(arm), 0);
}

/** Segments after the handshake that the far end sent again, of all its connections; undefined where its counters are not known. */
export function countResponsesResent({ far }: Observations): number | undefined {
  if (far === undefined) return undefined;
  // LINUX_MIB_TCPSYNRETRANS counts SYN-ACKs that are sent again, which are among all segments that are (net/ipv4/tcp_output.c).
  return Math.max(0, (far['TcpRetransSegs'] ?? 0) - (far['TcpExtTCPSynRetrans'] ?? 0));
}
