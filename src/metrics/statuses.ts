/** HTTP's status range (RFC 9110 section 15): 100 to 599. A far end may send others, which are counted together. */
const FIRST_STATUS = 100;
const LAST_STATUS = 599;
export const OTHER_STATUS = 'other';

/** The keys by which responses are counted, in order: each status, then the one for invalid statuses. */
export const STATUS_KEYS: readonly string[] = [
  ...Array.from({ length: LAST_STATUS - FIRST_STATUS + 1 }, (_, index) => String(FIRST_STATUS + index)),
  OTHER_STATUS,
];

/** A status's position in {@link STATUS_KEYS}. */
export function indexOfStatus(status: number): number {
  return status < FIRST_STATUS || status > LAST_STATUS ? STATUS_KEYS.length - 1 : status - FIRST_STATUS;
}

/** Responses by status, without zeros, lowest first. Runs of an earlier version have none. */
export function listStatuses(
  counts: Readonly<Record<string, number>> | undefined,
): (readonly [status: string, count: number])[] {
  // Integer keys come in ascending order, others after them (ECMA-262, OrdinaryOwnPropertyKeys).
  return Object.entries(counts ?? {}).filter(([, count]) => count > 0);
}
