import { layOutOptions } from '../options.ts';
import type { ClientProfile } from '../types.ts';
import { windows10 } from './windows-10.ts';

/**
 * Windows 11.
 *
 * - Options, MSS, TTL: a published capture of a Windows 11 24H2 client has the JA4T fingerprint
 * 65535_2-1-3-1-1-4_1460_8, with the window as here. 64,240 (as Windows 10) has been published for Windows 11, too: set
 * it by `window` where a site's capture shows it.
 * - SYN schedule and timers: `Get-NetTCPSetting` as published with ETWAnalyzer, template Internet, which clients always
 * use: InitialRto 1000, MaxSynRetransmissions 4, MinRto 300, DelayedAckTimeout 40, EcnCapability Disabled.
 * - Timestamps: "allowed" (`netsh int tcp show global`): answered, but not offered.
 * - Not known: the window after the handshake (the SYN's, rounded down to the scale of 8, is assumed), and how it makes
 * initial sequence numbers (see Windows 10).
 */
export const windows11: ClientProfile = {
  ...windows10,
  synOptions: layOutOptions('windows', { windowScale: true, sack: true, timestamps: false, fastOpen: false }),
  synWindow: 65_535,
  isWindowInSegments: false,
  window: 65_280,
};
