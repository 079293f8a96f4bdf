import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { besideOf } from './cuts.ts';

/** Fewer connections are an accident. */
const FEWEST = 10;

/**
 * A request of which Linux has sent so many copies without an ACK has waited for 6 s and more (TCP_RTO_MIN of 200 ms, doubled each time,
 * include/net/tcp.h).
 */
const OFTEN = 4;

/** What drops each packet by chance, or whatever is above a rate, has more than this of the requests that were sent again sent again once. */
const ONCE = 0.1;

/** Of those that a queue keeps out, so many wait so long at least. */
const MOSTLY = 1 / 3;

/** Who gets into a queue that is full waits for the turn of each before it; microseconds, nine in ten. */
const FEWEST_WAIT_US = 20_000;

/** And it drops requests as often as SYNs; a queue that a connection has got into takes all of it. */
const SPARED = 0.75;

/**
 * That a far end answers SYNs and then takes neither the ACK nor the request, for long, on some connections, while it takes all of the
 * others at once: so does Linux whose accept queue has become full since (tcp_check_req, net/ipv4/tcp_minisocks.c; tcp_abort_on_overflow
 * is 0), and it sends its SYN-ACK again. Undefined where that was not seen, or not enough of it; and where the far end's own counters tell
 * of its queues.
 */
export function describeUntaken(symptom: Symptom, seen: Observations): string | undefined {
  if (seen.far !== undefined) return undefined;
  // SYN-ACKs that came to a connection which was open (LINUX_MIB_TCPSYNCHALLENGE, net/ipv4/tcp_input.c).
  const again = seen.near?.['TcpExtTCPSYNChallenge'] ?? 0;
  const beside = besideOf(symptom, seen);
  let [measured, resent, once, often] = [0, 0, 0, 0];
  for (const { summary } of beside)
    for (const [copies, count] of Object.entries(summary.requestRetransmits ?? {})) {
      measured += count;
      if (Number(copies) > 0) resent += count;
      if (Number(copies) === 1) once += count;
      if (Number(copies) >= OFTEN) often += count;
    }
  const [stalled, started] = [sumOf(beside, 'stalled'), sumOf(beside, 'started')];
  if (again < FEWEST || often < FEWEST || once > resent * ONCE || often < resent * MOSTLY) return undefined;
  if (resent / measured > (stalled / started) * SPARED || arePrompt(beside)) return undefined;
  return `of ${measured} requests on open connections ${resent} were sent again, ${often} of them ${OFTEN} times or more and ${once === 0 ? 'none' : once} once, against ${stalled} of ${started} handshakes that stalled; and ${again} SYN-ACKs came again to connections that were open: SYNs were answered there, and what followed was not acknowledged`;
}

/** Whether those that were answered were so at once: what drops some connections' packets does not keep the others waiting. */
function arePrompt(arms: readonly ArmSeen[]): boolean {
  const waits = arms.flatMap(({ summary: { service } }) =>
    service.firstByteUs.count === 0 ? [] : service.firstByteUs.p90 - service.handshakeUs.p90,
  );
  return waits.length > 0 && Math.max(...waits) < FEWEST_WAIT_US;
}

function sumOf(arms: readonly ArmSeen[], what: 'stalled' | 'started'): number {
  return arms.reduce((sum, arm) => sum + arm[what], 0);
}
