/**
 * What an engine hears of a descriptor.
 * @param events poll(2) bits: IN, OUT, ERR, HUP, RDHUP
 */
export type HandleReady = (slot: number, generation: number, events: number) => void;

/** Tells which descriptors have become ready. Only changes are told: a reader reads until nothing is left. */
export interface Reactor {
  /**
   * Watches a descriptor until it is closed. What is ready already is told by the next `wait`.
   * @returns 0 or an errno
   */
  watch(fd: number, slot: number, generation: number): number;
  /**
   * Waits at most `maxWaitUs` and hands on what became ready.
   * @returns whether that was all: false, if more may be ready than one call can tell
   */
  wait(maxWaitUs: number, handle: HandleReady): boolean;
  close(): void;
}
