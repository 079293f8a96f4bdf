import { getScratch } from './arena.ts';
import { IPPROTO_TCP, TCP_INFO } from './constants.ts';
import { loadLibc } from './load.ts';

/** What the kernel knows of a connection; -1 if this kernel does not report it. */
export interface TcpInfo {
  /** tcpi_state; see {@link TCP_SYN_SENT}. */
  state: number;
  /** tcpi_total_retrans: right after the handshake, the number of SYN retransmissions. */
  totalRetransmits: number;
  /** tcpi_last_ack_recv, milliseconds since something was last acknowledged. */
  lastAckReceivedMs: number;
  /** tcpi_rtt, microseconds. */
  rttUs: number;
  /** tcpi_min_rtt, microseconds: the minimum of all samples so far; -1 also if there was none. */
  minRttUs: number;
  /** tcpi_snd_mss, bytes. */
  mss: number;
  /** tcpi_segs_in: segments received, including an RST. */
  segmentsIn: number;
  /** tcpi_options: 1 timestamps, 2 SACK, 4 window scale, 8 ECN. */
  options: number;
}

/** include/net/tcp_states.h */
export const TCP_ESTABLISHED = 1;
export const TCP_SYN_SENT = 2;
export const TCP_CLOSE = 7;

/** Offsets in struct tcp_info (uapi/linux/tcp.h). The structure only grows at its end. */
const STATE_AT = 0;
const OPTIONS_AT = 5;
const SND_MSS_AT = 16;
const LAST_ACK_RECV_AT = 56;
const RTT_AT = 68;
const TOTAL_RETRANS_AT = 100;
/** Since Linux 4.2. */
const SEGS_IN_AT = 140;

/** Since Linux 4.6. */
const MIN_RTT_AT = 148;
/** Its value without a sample (~0U, net/ipv4/tcp.c, tcp_init_sock). */
const NO_SAMPLE = 2 ** 32 - 1;

/** A record for {@link readTcpInfo} to fill. */
export function createTcpInfo(): TcpInfo {
  return {
    state: -1,
    totalRetransmits: -1,
    lastAckReceivedMs: -1,
    rttUs: -1,
    minRttUs: -1,
    mss: -1,
    segmentsIn: -1,
    options: -1,
  };
}

/**
 * Reads TCP_INFO of a socket into the caller's record, so that nothing is allocated.
 * @returns false if the call failed; every field is then -1
 */
export function readTcpInfo(fd: number, into: TcpInfo): boolean {
  const { value, length } = getScratch();
  length.words[0] = value.bytes.length;
  const read = loadLibc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, value.address, length.address);
  const known = read === 0 ? length.words[0]! : 0;
  into.state = known > STATE_AT ? value.bytes[STATE_AT]! : -1;
  into.options = known > OPTIONS_AT ? value.bytes[OPTIONS_AT]! : -1;
  into.mss = known >= SND_MSS_AT + 4 ? value.words[SND_MSS_AT / 4]! >>> 0 : -1;
  into.lastAckReceivedMs = known >= LAST_ACK_RECV_AT + 4 ? value.words[LAST_ACK_RECV_AT / 4]! >>> 0 : -1;
  into.rttUs = known >= RTT_AT + 4 ? value.words[RTT_AT / 4]! >>> 0 : -1;
  into.totalRetransmits = known >= TOTAL_RETRANS_AT + 4 ? value.words[TOTAL_RETRANS_AT / 4]! >>> 0 : -1;
  const minRttUs = known >= MIN_RTT_AT + 4 ? value.words[MIN_RTT_AT / 4]! >>> 0 : NO_SAMPLE;
  into.minRttUs = minRttUs === NO_SAMPLE ? -1 : minRttUs;
  into.segmentsIn = known >= SEGS_IN_AT + 4 ? value.words[SEGS_IN_AT / 4]! >>> 0 : -1;
  return read === 0;
}
