import type { ReactorName } from '../types.ts';

/**
 * What an engine hears of its connections. The generation tells whose news it is: slots are used again.
 * @param events poll(2) bits: IN, OUT, ERR, HUP, RDHUP
 */
export type HandleReady = (slot: number, generation: number, events: number) => void;

/**
 * Tells which connections have news. Who hears of bytes, or of room for more, reads or sends until nothing is left: it
 * need not be told of the same again.
 */
export interface Reactor {
  readonly name: ReactorName;
  /**
   * Watches a socket that is connecting, until `forget`: the next `wait` tells how that went, if it is known by then.
   * Whatever comes in after that is told too.
   * @returns 0 or an errno
   */
  watch(fd: number, slot: number, generation: number): number;
  /** Tells again once the socket can be written to, or is in error: what was told was not the end of it. */
  watchOn(slot: number): void;
  /** Ends all that is under way for a slot: its descriptor is about to be closed, and that has to be its last use. */
  forget(slot: number, generation: number): void;
  /**
   * Waits at most `maxWaitUs` and hands on what there is to tell.
   * @returns whether that was all: false, if there may be more than one call can tell
   */
  wait(maxWaitUs: number, handle: HandleReady): boolean;
  close(): void;
}
