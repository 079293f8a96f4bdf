import { layOutOptions } from '../options.ts';
import type { ClientProfile } from '../types.ts';

/**
 * Windows 10, as last updated (22H2).
 *
 * - Options, MSS, TTL 128, IP identification (one more with each packet to the same address), consecutive ports, and a
 * window of 131,328 bytes after the handshake: captures published with the JA4+ fingerprints (FoxIO; latest.pcapng,
 * ssh2.pcapng); JA4T 64240_2-1-3-1-1-4_1460_8. p0f 3.09b knows the options, TTL and scale, but not this window: it says
 * "Windows NT kernel". Satori's fingerprints of 1903 and 1909 show that the window is the largest multiple of the MSS
 * below 65,536 (64240:M1460, 64202:M1366, 64766:M1378, 64480:M1240).
 * - SYN schedule: FoxIO's JA4TScan gives 1-2-4-8 s for Windows 10; `netsh int tcp show global` of its later versions
 * says "Initial RTO 1000, Max SYN Retransmissions 4". Before 2004 (20H1) it said 3000 and 2: `synWaits: [3s, 6s]`.
 * - Timestamps: "allowed" there: answered, but not offered. ECN: disabled. Ports: 49152-65535 (`netsh int ipv4 show
 * dynamicport tcp`). MinRto 300 and DelayedAckTimeout 40 ms: `Get-NetTCPSetting`, template Internet.
 * - ISN: nmap-os-db (Windows 10 1809-1909: SP 100-10A, GCD 1-6) shows that numbers of different connections are
 * unrelated; no source shows how it makes them. RFC 6528's method is assumed, with its clock.
 */
export const windows10: ClientProfile = {
  stack: 'windows',
  ttl: 128,
  dscp: 0,
  ipId: 'counter',
  synOptions: layOutOptions('windows', { windowScale: true, sack: true, timestamps: false, fastOpen: false }),
  mss: 1_460,
  synWindow: 65_535,
  isWindowInSegments: true,
  windowScale: 8,
  window: 131_328,
  isn: 'rfc6528',
  isnStepNs: 4_000,
  ecn: 'off',
  timestampHz: 1_000,
  timestampStart: 'boot',
  synWaitsUs: [1_000_000, 2_000_000, 4_000_000, 8_000_000],
  rtoUs: 1_000_000,
  minRtoUs: 300_000,
  delayedAckUs: 40_000,
  handshakeAck: 'separate',
  ports: { from: 49_152, to: 65_535, order: 'sequential' },
};
