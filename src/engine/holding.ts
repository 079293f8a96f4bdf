import type { EngineArm } from './types.ts';

/**
 * No middlebox timer is this short, and keep-alives wait whole seconds (tcp(7), TCP_KEEPIDLE): shorter holds are not
 * proved.
 */
export const LEAST_PROOF_AGE_US = 1_000_000;

/** When to check for an answer to the first keep-alive, and how often after that. */
export const FIRST_LOOK_US = 20_000;
export const NEXT_LOOK_US = 100_000;

/**
 * The kernel gives up after {@link PROBES} keep-alives, one second apart. After this time it had none to send or
 * could not send it.
 */
export const PROOF_LIMIT_US = 4_500_000;
export const PROBES = 3;

/**
 * Without the C library only time can tell: Node has ten keep-alives sent, a second apart, before a connection fails
 * (uv__tcp_keepalive() in libuv's src/unix/tcp.c), and reports none of them.
 */
export const LONGEST_PROOF_US = 13_000_000;

/** tcpi_last_ack_recv counts jiffies, of 10 ms at most (CONFIG_HZ). */
const JIFFY_US = 10_000;

/** include/net/tcp_states.h */
const TCP_ESTABLISHED = 1;

/** Ages, ascending, at which an arm's connections have been held long enough; the last is that of the full hold. */
export function listHoldAgesUs({
  holdUs,
  proveUs = [],
}: Pick<EngineArm, 'holdUs' | 'proveUs'>): readonly number[] {
  return [...proveUs, holdUs];
}

/** Index of an attempt's age: ages rotate, so that every pair of source and endpoint gets all of them. */
export function chooseHoldAge(
  attempt: number,
  { endpoints, sources }: Pick<EngineArm, 'endpoints' | 'sources'>,
  ages: number,
): number {
  return Math.floor(attempt / (endpoints.length * Math.max(1, sources.length))) % ages;
}

/**
 * Rounds the age of a connection released early to two digits: results are counted by age and need few distinct
 * values.
 */
export function roundAgeUs(us: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, us))) - 1);
  return Math.floor(us / step) * step;
}

/**
 * Whether anything has come back since keep-alives were switched on: an answer to one, or any other acknowledgement.
 * @param info from TCP_INFO; the state changes once a FIN or RST has arrived
 * @param waitedUs since they were switched on, on a connection that had been idle for at least {@link
 *   LEAST_PROOF_AGE_US}
 */
export function hasAnswered(
  { state, lastAckReceivedMs }: { readonly state: number; readonly lastAckReceivedMs: number },
  waitedUs: number,
): boolean {
  const isKnown = state === TCP_ESTABLISHED && lastAckReceivedMs >= 0;
  return isKnown && lastAckReceivedMs * 1_000 <= waitedUs + JIFFY_US;
}
