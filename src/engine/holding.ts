import type { EngineArm } from './types.ts';

/** No timer on the way is as short, and keep-alives wait whole seconds (tcp(7), TCP_KEEPIDLE): what was held for less is not proved. */
export const LEAST_PROOF_AGE_US = 1_000_000;

/** When an answer to the first keep-alive is looked for, and how often after that. */
export const FIRST_LOOK_US = 20_000;
export const NEXT_LOOK_US = 100_000;

/**
 * The kernel gives up after {@link PROBES} keep-alives, a second apart. Where even this is over, it had none to send or
 * could not send it.
 */
export const PROOF_LIMIT_US = 4_500_000;
export const PROBES = 3;

/**
 * Without the C library only time tells: Node has ten keep-alives sent, a second apart, before a connection is in error
 * (uv__tcp_keepalive() in libuv's src/unix/tcp.c), and none of them need ever be heard of.
 */
export const LONGEST_PROOF_US = 13_000_000;

/** tcpi_last_ack_recv counts jiffies, of 10 ms at most (CONFIG_HZ). */
const JIFFY_US = 10_000;

/** include/net/tcp_states.h */
const TCP_ESTABLISHED = 1;

/** Ages at which an arm's connections have been held for long enough, ascending: the last is that of the whole hold. */
export function listHoldAgesUs({
  holdUs,
  proveUs = [],
}: Pick<EngineArm, 'holdUs' | 'proveUs'>): readonly number[] {
  return [...proveUs, holdUs];
}

/** Index of an attempt's own age: they take turns, and connections from every source to every endpoint have all of them. */
export function chooseHoldAge(
  attempt: number,
  { endpoints, sources }: Pick<EngineArm, 'endpoints' | 'sources'>,
  ages: number,
): number {
  return Math.floor(attempt / (endpoints.length * Math.max(1, sources.length))) % ages;
}

/** An age of whoever was released before its time, to two digits: results count by age, and shall not have one for each. */
export function roundAgeUs(us: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, us))) - 1);
  return Math.floor(us / step) * step;
}

/**
 * Whether something has come back since keep-alives were switched on: an answer to one, or whatever else acknowledges.
 * @param info of TCP_INFO; the state is another one once a FIN or RST has come
 * @param waitedUs since they were switched on, on a connection that had been quiet for {@link LEAST_PROOF_AGE_US} at least
 */
export function hasAnswered(
  { state, lastAckReceivedMs }: { readonly state: number; readonly lastAckReceivedMs: number },
  waitedUs: number,
): boolean {
  const isKnown = state === TCP_ESTABLISHED && lastAckReceivedMs >= 0;
  return isKnown && lastAckReceivedMs * 1_000 <= waitedUs + JIFFY_US;
}
