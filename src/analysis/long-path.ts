import type { Arm } from '../scenario/types.ts';
import type { ArmSummary } from './types.ts';

/**
 * Decides whether stalls can be distinguished from a long path. On a path of 1.3 s every SYN is retransmitted before
 * its answer arrives, so every handshake looks stalled. With TCP timestamps the answer shows which SYN it is for (RFC
 * 7323 section 4), and tcpi_rtt is that of the path; without them a retransmitted SYN gives no sample. An answer that
 * was itself retransmitted repeats the first SYN's timestamp, so a single handshake proves nothing: the arm is doubted
 * only if none was ever faster.
 * @returns the reason why the arm's stalls are no measurement, or nothing
 */
export function findLongPath(arm: Arm, { stalled, established, service, rttUs }: ArmSummary): string[] {
  const { handshakeUs } = service;
  // One prompt handshake shows that the path is short.
  if (stalled.recovered === 0 || stalled.recovered < established || handshakeUs.min < arm.stallAfterUs)
    return [];
  const tell = (what: string): string[] => [
    `${arm.name}: cannot tell a long path from lost SYNs: ${what}; raise stallAfter above the path's round trip`,
  ];
  if (rttUs === undefined || rttUs.count === 0)
    return tell(
      `every handshake took ${formatSec(handshakeUs.min)} or longer, and without TCP timestamps (--tcp-timestamps on) the round-trip time is unknown`,
    );
  return rttUs.min < arm.stallAfterUs
    ? []
    : tell(`every round trip took ${formatSec(rttUs.min)} or longer by TCP timestamps`);
}

function formatSec(us: number): string {
  return `${(us / 1_000_000).toFixed(1)} s`;
}
