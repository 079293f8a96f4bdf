import type { AttemptRecord } from '../engine/types.ts';
import type { CloseMode } from '../scenario/words.ts';

/** TCP_TIMEWAIT_LEN in include/net/tcp.h; FIN-WAIT-2 of a closed socket lasts equally long (tcp_fin_timeout). */
export const TIME_WAIT_US = 60_000_000;

/** Timestamps were negotiated: TCPI_OPT_TIMESTAMPS, include/uapi/linux/tcp.h. */
const TIMESTAMPS = 1;

/**
 * Whether this machine would refuse to connect from the same address and port to the same endpoint again, because
 * remains of the connection still hold them. It does if this side sent its FIN first. With timestamps a connection in
 * TIME_WAIT gives way to a new one from an explicitly bound port, whatever tcp_tw_reuse says (measured;
 * tcp_twsk_unique() in net/ipv4/tcp_ipv4.c); one in FIN-WAIT, whose far end has not answered, never does.
 */
export function isHeldHere(record: Readonly<AttemptRecord>, close: CloseMode): boolean {
  const isEstablished = record.establishedAtUs >= 0;
  if (!isEstablished || close === 'reset') return false;
  // The far end's FIN came first, or its RST ended everything.
  const endedByFarEnd = record.cause === 'eof' || record.cause === 'errno';
  if (endedByFarEnd || (record.phase === 'done' && close === 'peer' && record.respondedAtUs >= 0))
    return false;
  if (record.cause === 'timeout' || record.cause === 'stopped') return true;
  return (record.tcpOptions & TIMESTAMPS) === 0 || record.tcpOptions < 0;
}
