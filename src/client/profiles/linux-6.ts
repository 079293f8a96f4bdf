import { layOutOptions } from '../options.ts';
import type { ClientProfile } from '../types.ts';

/**
 * Linux since 6.5, with its own defaults.
 *
 * - Options and MSS: tcp_syn_options() and tcp_options_write() in net/ipv4/tcp_output.c. p0f 3.09b knows them only by its
 *   catch-all "Linux 2.2.x-3.x".
 * - Window: tcp_select_initial_window(): 65,535 rounded down to a multiple of the MSS, 64,240 of 1,460.
 * - Window scale: 7 follows from net.ipv4.tcp_rmem = 4096 131072 6291456, the default before 6.16. Since then its maximum
 *   is 32 MiB (commit 572be9bf9d0d), and kernels with that memory offer 10: `windowScale: 10`. This profile takes 7, what
 *   Debian 13, Ubuntu 24.04 and RHEL 10 offer; the maximum also depends on the machine's memory.
 * - SYN schedule: tcp_syn_linear_timeouts 4, since 6.5, and tcp_syn_retries 6: ten SYNs more, at 1, 2, 3, 4, 5, 7, 11, 19, 35
 *   and 67 s. Before 6.5: `synWaits: [1s, 2s, 4s, 8s, 16s, 32s]`.
 * - ISN: secure_tcp_seq() in net/core/secure_seq.c: SipHash of the tuple and a clock of 64 ns. Timestamps: milliseconds from
 *   a start of each pair of hosts; by the ports as well in the latest stable versions.
 * - ECN: tcp_ecn 2 accepts and does not ask. Ports: ip_local_port_range 32768-60999.
 * - TCP_TIMEOUT_INIT 1 s, TCP_RTO_MIN 200 ms, TCP_DELACK_MIN 40 ms (include/net/tcp.h).
 */
export const linux6: ClientProfile = {
  stack: 'linux',
  ttl: 64,
  dscp: 0,
  ipId: 'random',
  synOptions: layOutOptions('linux', { windowScale: true, sack: true, timestamps: true, fastOpen: false }),
  mss: 1_460,
  synWindow: 65_535,
  isWindowInSegments: true,
  windowScale: 7,
  window: 64_256,
  isn: 'rfc6528',
  isnStepNs: 64,
  ecn: 'off',
  timestampHz: 1_000,
  timestampStart: 'hosts',
  synWaitsUs: [1, 1, 1, 1, 1, 2, 4, 8, 16, 32].map((sec) => sec * 1_000_000),
  rtoUs: 1_000_000,
  minRtoUs: 200_000,
  delayedAckUs: 40_000,
  handshakeAck: 'separate',
  ports: { from: 32_768, to: 60_999, order: 'random' },
};
