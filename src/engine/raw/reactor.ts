import type { ReactorName } from '../types.ts';

/** What an engine hears of its connections. The generation tells whose news it is: slots are used again. */
export interface ReactorListener {
  /** @param events poll(2) bits: IN, OUT, ERR, HUP, RDHUP */
  ready(slot: number, generation: number, events: number): void;
  /**
   * Something was received; only from a reactor that reads.
   * @param bytes where it lies, for as long as the call lasts
   * @param count of bytes; 0: the far end has closed; below: a negated errno
   * @param isFinished the far end has closed behind these bytes, and nothing more will be told
   */
  received(slot: number, generation: number, bytes: Uint8Array, count: number, isFinished: boolean): void;
}

/** Tells which connections have news. Only changes are told: who reads, or sends, does so until nothing is left. */
export interface Reactor {
  readonly name: ReactorName;
  /** True: it reads by itself, from `receive` on. False: who hears that a connection is ready reads. */
  readonly reads: boolean;
  /**
   * Watches a socket that is connecting, until `forget`: the next `wait` tells how that went, if it is known by then.
   * @returns 0 or an errno
   */
  watch(fd: number, slot: number, generation: number): number;
  /** Tells again once the socket can be written to, or is in error: what was told was not the end of it. */
  watchOn(fd: number, slot: number, generation: number): void;
  /** From now on tells what comes in. */
  receive(fd: number, slot: number, generation: number): void;
  /** Ends all that is under way for a slot: its descriptor is about to be closed, and that has to be its last use. */
  forget(slot: number, generation: number): void;
  /**
   * Waits at most `maxWaitUs` and hands on what there is to tell.
   * @returns whether that was all: false, if there may be more than one call can tell
   */
  wait(maxWaitUs: number, listener: ReactorListener): boolean;
  close(): void;
}
