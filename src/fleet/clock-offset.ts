/** The four times of one exchange, milliseconds since 1970 (RFC 5905 section 8: T1 to T4). */
export interface ClockExchange {
  /** By our clock. */
  readonly askedAtMs: number;
  /** By the other clock. */
  readonly receivedAtMs: number;
  /** By the other clock. */
  readonly sentAtMs: number;
  /** By our clock. */
  readonly answeredAtMs: number;
}

export interface ClockOffset {
  /** What the other clock shows more than ours; below 0: less. Milliseconds. */
  readonly offsetMs: number;
  /** How far it can be off at most, whatever the two ways of the exchange took: half of its round trip. Milliseconds. */
  readonly errorMs: number;
}

/** The offset by the exchange with the shortest round trip, whose two ways can differ least; undefined without any. */
export function estimateOffset(exchanges: readonly ClockExchange[]): ClockOffset | undefined {
  let best: ClockOffset | undefined;
  for (const { askedAtMs, receivedAtMs, sentAtMs, answeredAtMs } of exchanges) {
    const offsetMs = (receivedAtMs - askedAtMs + (sentAtMs - answeredAtMs)) / 2;
    const errorMs = Math.max(0, answeredAtMs - askedAtMs - (sentAtMs - receivedAtMs)) / 2;
    if (best === undefined || errorMs < best.errorMs) best = { offsetMs, errorMs };
  }
  return best;
}
