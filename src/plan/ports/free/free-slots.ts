/** The slots free to be leased, in one of the orders. In the beginning all are, and none was ever used. */
export interface FreeSlots {
  readonly count: number;
  /** Takes the next in this order; -1 where none is free. */
  take(): number;
  /** A slot has become free; it must not be among them. */
  add(slot: number): void;
}
