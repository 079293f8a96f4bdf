/**
 * Half of the shortest retransmission timer: TCP_RTO_MIN is 200 ms (include/net/tcp.h), which the tail loss probe of a lone
 * segment waits for as well (tcp_schedule_loss_probe(), net/ipv4/tcp_output.c).
 */
const LEAST_WAIT_US = 100_000;

/**
 * Whether anything may have been sent again since the handshake, so that TCP_INFO is worth a call. A request that fits into
 * one segment is sent again by a timer alone; of a longer one acknowledgements may have told of a loss within a round trip.
 * Missed is a lone segment where the route's `rto_min` or net.ipv4.tcp_rto_min_us is below 100 ms.
 * @param tookUs since the handshake
 * @param sentBytes since then
 * @param mss bytes of a segment; -1: not known
 */
export function mayHaveResent(tookUs: number, sentBytes: number, mss: number): boolean {
  return tookUs >= LEAST_WAIT_US || sentBytes > mss;
}
