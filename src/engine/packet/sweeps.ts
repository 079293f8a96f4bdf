import { roundAgeUs } from '../holding.ts';
import type { Closer } from './closer.ts';
import type { Connections } from './connections.ts';
import type { Exchange } from './exchange.ts';
import { HELD, KEPT } from './slots.ts';

/**
 * Proofs begun a second where very many have to be, by all shards together: every shard's ring gets the answers to all, and has
 * room for those of a third of a second in which its thread does not run.
 */
const PROOFS_PER_SEC = 40_000;

/** Proofs of so much time at most are begun together. */
const MOST_CATCH_UP_US = 5_000;

/** Slots looked at in one turn where all have to be. */
const MOST_OF_SWEEP = 256;

/** What has to be done to very many connections at once, bit by bit, in the turns of the engine. */
export class Sweeps {
  readonly #connections: Connections;
  readonly #exchange: Exchange;
  readonly #closer: Closer;
  /** By arm: 1 while its held connections are being released; slots below this have been. */
  readonly #isReleased: Uint8Array;
  #releasedBelow = Number.POSITIVE_INFINITY;
  /** When the next of them may be proved, and how long after another. */
  #proveAtUs = -0.5;
  readonly #proveEveryUs: number;
  /** Kept connections in slots below this have been closed. */
  #closedBelow = Number.POSITIVE_INFINITY;

  constructor(connections: Connections, exchange: Exchange, closer: Closer, shards: number) {
    this.#connections = connections;
    this.#exchange = exchange;
    this.#closer = closer;
    this.#isReleased = new Uint8Array(connections.arms.length);
    this.#proveEveryUs = (1_000_000 / PROOFS_PER_SEC) * shards;
  }

  get areUnderWay(): boolean {
    return Math.min(this.#releasedBelow, this.#closedBelow) < Number.POSITIVE_INFINITY;
  }

  /** Begins to release held connections, of all arms if none is named: a million keep-alives at once would come back as a flood. */
  release(arm: number | undefined): void {
    if (arm === undefined) this.#isReleased.fill(1);
    else this.#isReleased[arm] = 1;
    this.#releasedBelow = 0;
    this.#proveAtUs = Math.max(this.#proveAtUs, this.#connections.nowUs);
  }

  /** Begins to close connections whose attempts have settled. */
  closeKept(): void {
    this.#closedBelow = 0;
  }

  goOn(): void {
    this.#proveReleased();
    this.#closeKeptOnes();
  }

  /** Goes on to prove connections that were released: so many at a time that their answers find room. */
  #proveReleased(): void {
    const { slots } = this.#connections;
    if (this.#releasedBelow >= slots.highest) {
      this.#releasedBelow = Number.POSITIVE_INFINITY;
      this.#isReleased.fill(0);
      return;
    }
    const until = Math.min(slots.highest, this.#releasedBelow + MOST_OF_SWEEP);
    for (let slot = this.#releasedBelow; slot < until; slot += 1) {
      if (slots.phase[slot] !== HELD || this.#isReleased[slots.arm[slot]!] === 0) continue;
      if (this.#connections.nowUs < this.#proveAtUs) {
        this.#releasedBelow = slot;
        return;
      }
      // What a turn that came late has missed is not made up for at once.
      const leastUs = this.#connections.nowUs - MOST_CATCH_UP_US;
      this.#proveAtUs = Math.max(this.#proveAtUs, leastUs) + this.#proveEveryUs;
      const ageUs = this.#connections.nowUs - this.#connections.heldSinceUs(slot);
      this.#exchange.proveOrEnd(slot, roundAgeUs(ageUs));
    }
    this.#releasedBelow = until;
  }

  #closeKeptOnes(): void {
    const { slots } = this.#connections;
    if (this.#closedBelow >= slots.highest) {
      this.#closedBelow = Number.POSITIVE_INFINITY;
      return;
    }
    const until = Math.min(slots.highest, this.#closedBelow + MOST_OF_SWEEP);
    for (let slot = this.#closedBelow; slot < until; slot += 1)
      if (slots.phase[slot] === KEPT) this.#closer.reset(slot);
    this.#closedBelow = until;
  }
}
