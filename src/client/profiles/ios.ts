import type { ClientProfile } from '../types.ts';
import { macos } from './macos.ts';

/**
 * iOS and iPadOS on Wi-Fi: the kernel is macOS's, and FoxIO's table of JA4T fingerprints has one line for both
 * (65535_2-1-3-1-1-8-4-0-0_1460_6). Devices with 4 GiB of memory or less offer a scale of 5 by the source (Satori has 7 for
 * iOS 12 and 13). On cellular networks it does not ask for ECN: `ecn: off`. p0f 3.09b says "Mac OS X"; its own signatures
 * of iOS are of 2012.
 */
export const ios: ClientProfile = { ...macos };
