import type { ClientProfile } from '../types.ts';
import { linux6 } from './linux-6.ts';

/**
 * Android 13, on its kernels 5.10 and 5.15.
 *
 * - Options, window and window scale: FoxIO's table of JA4T fingerprints, 65535_2-4-8-1-3_1460_9; Satori has the same
 * for Android 10. Devices differ, as manufacturers set the buffers (`config_wifi_tcp_buffers`) that the scale follows
 * from: 8, 9 and 12 have been published. The window is not a multiple of the MSS because Android raises
 * tcp_default_init_rwnd to 60 segments, more than the field can say.
 * - SYN schedule: tcp_syn_retries 6 with a doubled timer, as all Linux before 6.5. Android 15 and later may come with
 * Linux 6.6 or newer and then behaves as `linux-6` does.
 * - p0f 3.09b says "Linux 2.2.x-3.x": its signatures of Android are of 2012.
 * - The rest as Linux; not known: the window after the handshake (the SYN's is assumed).
 */
export const android: ClientProfile = {
  ...linux6,
  isWindowInSegments: false,
  windowScale: 9,
  window: 65_536,
  synWaitsUs: [1, 2, 4, 8, 16, 32].map((sec) => sec * 1_000_000),
};
