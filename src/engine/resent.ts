/**
 * Half of the shortest retransmission timer: TCP_RTO_MIN is 200 ms (include/net/tcp.h), and the tail loss probe of a
 * lone segment waits as long (tcp_schedule_loss_probe(), net/ipv4/tcp_output.c).
 */
const LEAST_WAIT_US = 100_000;

/**
 * Whether there may have been retransmissions since the handshake, so that reading TCP_INFO is worth a call. A
 * request that fits into one segment is retransmitted only by a timer; for a longer one, acknowledgements may reveal
 * a loss within a round trip. A lone segment is missed if the route's `rto_min` or net.ipv4.tcp_rto_min_us is below
 * 100 ms.
 * @param tookUs since the handshake
 * @param sentBytes since then
 * @param mss bytes of a segment; -1 if not known
 */
export function mayHaveResent(tookUs: number, sentBytes: number, mss: number): boolean {
  return tookUs >= LEAST_WAIT_US || sentBytes > mss;
}
