/** First retransmission timeout of a SYN, seconds (RFC 6298 section 2). */
const INITIAL_RTO_SEC = 1;
/** TCP_RTO_MAX in include/net/tcp.h, seconds. */
const MAX_RTO_SEC = 120;

export interface SynSchedule {
  /** Seconds after the first SYN at which it is retransmitted. */
  readonly resentAtSec: readonly number[];
  /** Seconds after which the kernel gives up with ETIMEDOUT. */
  readonly givenUpAtSec: number;
}

/**
 * When Linux retransmits a SYN, from its own settings (tcp_retransmit_timer and tcp_write_timeout in net/ipv4): the
 * timeout stays at 1 s for `linearTimeouts` further retransmissions (kernel 6.5 and later; 0 before), then doubles. It
 * gives up after `retries + linearTimeouts` retransmissions, or once the timer fires after the time that `retries`
 * doublings alone would have taken.
 * @param retries tcp_syn_retries, or TCP_SYNCNT if a socket sets it
 * @param linearTimeouts tcp_syn_linear_timeouts
 */
export function computeSynSchedule(retries: number, linearTimeouts: number): SynSchedule {
  const deadlineSec = (2 ** (retries + 1) - 1) * INITIAL_RTO_SEC;
  const resentAtSec: number[] = [];
  let rtoSec = INITIAL_RTO_SEC;
  let firesAtSec = rtoSec;
  while (resentAtSec.length < retries + linearTimeouts && firesAtSec < deadlineSec) {
    resentAtSec.push(firesAtSec);
    if (resentAtSec.length > linearTimeouts) rtoSec = Math.min(rtoSec * 2, MAX_RTO_SEC);
    firesAtSec += rtoSec;
  }
  return { resentAtSec, givenUpAtSec: firesAtSec };
}
