/** The slots available for leasing, in one of the orders. Initially all are free and unused. */
export interface FreeSlots {
  readonly count: number;
  /** Takes the next in this order; -1 if none is free. */
  take(): number;
  /** Adds a slot that has become free; it must not be present already. */
  add(slot: number): void;
}
