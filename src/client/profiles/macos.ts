import { layOutOptions } from '../options.ts';
import type { ClientProfile } from '../types.ts';

/**
 * macOS, by the source of its kernel XNU 11417 (macOS 15) and a published capture (FoxIO, macos_tcp_flags.pcap).
 *
 * - Options, their order and padding: tcp_output() in bsd/netinet/tcp_output.c; JA4T 65535_2-1-3-1-1-8-4-0-0_1460_6. The
 *   scale of 6 follows from autorcvbufmax, 4 MiB on machines with more than 4 GiB (tcp_init()). p0f 3.09b: "Mac OS X".
 * - ECN: asked for on everything but cellular networks (ecn_initiate_out 2), as in the capture; a network where that failed
 *   is remembered, and macOS 26 was seen not to ask over IPv4. So set `ecn: off` if a site's capture shows none.
 * - IP identification: 0 in packets that may not be fragmented (RFC 6864; ip_output.c).
 * - SYN schedule: tcp_syn_backoff in tcp_timer.c, until 75 s have passed (TCPTV_KEEP_INIT).
 * - ISN: tcp_new_isn(): MD5 of the tuple and a clock of 128 ns; the same hash gives the start of the timestamps' clock of 1 ms.
 * - TCPTV_RTOBASE 1 s; 30 ms (TCPTV_REXMTMIN) and 200 ms (tcp_rexmt_slop) make the least timer; acknowledgements wait
 *   100 ms (tcp_delack).
 * - Ports: 49152-65535, one after the other (in_pcbbind(); net.inet.tcp.randomize_ports is 0).
 * - The window after the handshake is the capture's (2,051 of 64 bytes); it differs with MSS and version.
 */
export const macos: ClientProfile = {
  stack: 'xnu',
  ttl: 64,
  dscp: 0,
  ipId: 'zero',
  synOptions: layOutOptions('xnu', { windowScale: true, sack: true, timestamps: true, fastOpen: false }),
  mss: 1_460,
  synWindow: 65_535,
  isWindowInSegments: false,
  windowScale: 6,
  window: 131_264,
  isn: 'rfc6528',
  isnStepNs: 128,
  ecn: 'ecn',
  timestampHz: 1_000,
  timestampStart: 'tuple',
  synWaitsUs: [1, 1, 1, 1, 1, 2, 4, 8, 16, 32].map((sec) => sec * 1_000_000),
  rtoUs: 1_000_000,
  minRtoUs: 230_000,
  delayedAckUs: 100_000,
  handshakeAck: 'separate',
  ports: { from: 49_152, to: 65_535, order: 'sequential' },
};
