import type { Observations } from './types.ts';

/** Fewer segments that were sent again, or came with a hole before them, are an accident; and so is a smaller share. */
export const FEWEST_HOLES = 10;
const SMALLEST_SHARE = 0.01;

/** Whether so many segments had a hole before them that packets of these connections are lost. */
export function areMany(holes: number, connections: number): boolean {
  return holes >= FEWEST_HOLES && holes >= connections * SMALLEST_SHARE;
}

/** Segments that came to this machine with a hole before them (LINUX_MIB_TCPOFOQUEUE, net/ipv4/tcp_input.c). */
export function countHoles({ near }: Observations): number {
  return near?.['TcpExtTCPOFOQueue'] ?? 0;
}

/** Segments after the handshake that the far end sent again, of all its connections; undefined where its counters are not known. */
export function countResponsesResent({ far }: Observations): number | undefined {
  if (far === undefined) return undefined;
  // LINUX_MIB_TCPSYNRETRANS counts SYN-ACKs that are sent again, which are among all segments that are (net/ipv4/tcp_output.c).
  return Math.max(0, (far['TcpRetransSegs'] ?? 0) - (far['TcpExtTCPSynRetrans'] ?? 0));
}
