import type { Outcome } from '../../outcome/outcome.ts';
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

/** Received resets are counted by the kernel among those that this machine sent itself (TcpEstabResets). */
const RESET: readonly Outcome[] = ['response-reset', 'handshake-reset', 'held-cut', 'tunnel-cut'];

/**
 * Segments that came although what they carried had come before: to an open connection (LINUX_MIB_DELAYEDACKLOST,
 * net/ipv4/tcp_input.c), or to one that was closed by then, which answers with RST. What was late arrives so, behind what was sent again for
 * it; what was lost does not. Of 97 segments that a forwarder held back for 1 ms 96 were counted, of 100 held back for 20 ms all, and none of
 * 60 that it dropped (Linux 6.18). Undefined where that was not counted.
 */
export function countCameTwice({ near, arms }: Observations): number | undefined {
  if (near?.['TcpInSegs'] === undefined) return undefined;
  const { TcpExtDelayedACKLost: open = 0, TcpOutRsts: sent = 0, TcpEstabResets: ended = 0 } = near;
  const received = arms.reduce(
    (sum, { summary }) => sum + RESET.reduce((all, outcome) => all + (summary.outcomes[outcome] ?? 0), 0),
    0,
  );
  return open + Math.max(0, sent - ended + received);
}

/** Other programs may open one connection for so many of the run, and a connection of the run has so many segments at most. */
const OTHERS = 0.1;
const SEGMENTS_EACH = 12;

/** Whether hardly anything but the run's own connections can have had segments with holes before them. */
export function isNearlyAlone({ near, arms }: Observations): boolean {
  const started = arms.reduce((sum, arm) => sum + arm.started, 0);
  const { TcpActiveOpens: opened, TcpPassiveOpens: accepted = 0, TcpOutSegs: sent = 0 } = near ?? {};
  if (opened === undefined) return false;
  return opened + accepted <= started * (1 + OTHERS) && sent <= opened * SEGMENTS_EACH;
}
