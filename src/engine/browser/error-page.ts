import type { EndCause } from '../../outcome/classify.ts';
import type { AttemptRecord } from '../types.ts';

/** Ends of a connection that ask for credentials, not for another try. */
const ASKING: readonly EndCause[] = ['denied', 'not-offered', 'no-credentials', 'challenged'];

/**
 * Whether Chromium asks again by itself for the document that failed with a connection (net_error_auto_reloader.cc, ShouldAutoReload).
 * It waits for an answer for as long as its user does.
 */
export function mayPass({ cause, phase, tlsCode }: AttemptRecord): boolean {
  const isOwnPatience = phase === 'response' && cause === 'timeout';
  return tlsCode === undefined && !isOwnPatience && !ASKING.includes(cause);
}
