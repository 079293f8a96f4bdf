import { constants } from 'node:os';
import type { AttemptEnd } from './classify.ts';

const { errno } = constants;

/**
 * How a held connection was cut. `silence`: nothing answered keep-alives except possibly ICMP messages, which Linux
 * ignores because the sequence number that they quote is outside the window (tcp_v4_err() in net/ipv4/tcp_ipv4.c);
 * `other`: TLS failed, or an error of another kind.
 */
export const CUTS = ['silence', 'RST', 'FIN', 'other'] as const;
export type Cut = (typeof CUTS)[number];

/** Determines the cut from the end of an attempt whose outcome is `held-cut`. */
export function classifyCut({ cause, errno: code }: Pick<AttemptEnd, 'cause' | 'errno'>): Cut {
  if (cause === 'eof') return 'FIN';
  if (cause === 'timeout') return 'silence';
  if (cause !== 'errno') return 'other';
  if (code === errno.ETIMEDOUT) return 'silence';
  return code === errno.ECONNRESET || code === errno.EPIPE ? 'RST' : 'other';
}
