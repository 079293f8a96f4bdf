import type { ClientProfile } from '../types.ts';
import { linux6 } from './linux-6.ts';

/**
 * ChromeOS on its kernels 5.15 and 6.1, which most devices have.
 *
 * - No capture or signature of its own was found: ChromeOS is assumed to use the defaults of its kernel, which are
 * those of `linux-6` except for the SYN schedule: tcp_syn_retries 6 with a doubled timer, as all Linux before 6.5
 * (devices with 6.6 or newer behave as `linux-6`).
 * - p0f 3.09b says "Linux 2.2.x-3.x", as for any current Linux.
 */
export const chromeos: ClientProfile = {
  ...linux6,
  synWaitsUs: [1, 2, 4, 8, 16, 32].map((sec) => sec * 1_000_000),
};
