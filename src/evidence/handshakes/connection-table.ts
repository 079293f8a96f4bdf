import type { Connection } from './connection.ts';
import { KEY_WORDS, type TupleKey } from './tuple-key.ts';

const NONE = -1;

/**
 * Connections by addresses and ports, up to a capacity: a hash table with chains, and two lists by age, of closed and of
 * open connections. Slots are numbers; a slot's connection is at the same place in {@link connections}.
 */
export class ConnectionTable {
  readonly capacity: number;
  readonly connections: (Connection | undefined)[] = [];
  readonly #keys: Int32Array;
  readonly #hashes: Int32Array;
  readonly #heads: Int32Array;
  readonly #nextInChain: Int32Array;
  /** Neighbours by age; two extra slots are the heads of the lists of open and of closed connections. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #isClosed: Uint8Array;
  readonly #mask: number;
  #free = NONE;
  #size = 0;

  /** @param capacity most connections, 1 or more */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#keys = new Int32Array(capacity * KEY_WORDS);
    this.#hashes = new Int32Array(capacity);
    const buckets = 2 ** Math.ceil(Math.log2(capacity) + 1);
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(NONE);
    this.#nextInChain = new Int32Array(capacity).fill(NONE);
    this.#older = new Int32Array(capacity + 2);
    this.#newer = new Int32Array(capacity + 2);
    this.#isClosed = new Uint8Array(capacity);
    for (const list of [capacity, capacity + 1]) {
      this.#older[list] = list;
      this.#newer[list] = list;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** @returns its slot, or -1 if absent */
  find(key: TupleKey): number {
    let slot = this.#heads[key.hash & this.#mask]!;
    while (slot !== NONE && !(this.#hashes[slot] === key.hash && this.#hasKey(slot, key)))
      slot = this.#nextInChain[slot]!;
    return slot;
  }

  #hasKey(slot: number, { words }: TupleKey): boolean {
    const at = slot * KEY_WORDS;
    for (let word = 0; word < KEY_WORDS; word += 1) if (this.#keys[at + word] !== words[word]) return false;
    return true;
  }

  get isFull(): boolean {
    return this.#size >= this.capacity;
  }

  /** The oldest closed connection, and the oldest open one; -1 if there is none. */
  get oldestClosed(): number {
    const slot = this.#newer[this.capacity + 1]!;
    return slot === this.capacity + 1 ? NONE : slot;
  }

  get oldestOpen(): number {
    const slot = this.#newer[this.capacity]!;
    return slot === this.capacity ? NONE : slot;
  }

  /** @returns its slot. There must be room, and the key must be absent. */
  add(key: TupleKey, connection: Connection): number {
    const slot = this.#free === NONE ? this.#size : this.#free;
    if (this.#free !== NONE) this.#free = this.#nextInChain[slot]!;
    this.#size += 1;
    this.connections[slot] = connection;
    this.#keys.set(key.words, slot * KEY_WORDS);
    this.#hashes[slot] = key.hash;
    const bucket = key.hash & this.#mask;
    this.#nextInChain[slot] = this.#heads[bucket]!;
    this.#heads[bucket] = slot;
    this.#isClosed[slot] = 0;
    this.#append(slot, this.capacity);
    return slot;
  }

  /** Makes it the youngest in its list. */
  touch(slot: number, isClosed: boolean): void {
    this.#takeOut(slot);
    this.#isClosed[slot] = isClosed ? 1 : 0;
    this.#append(slot, this.capacity + this.#isClosed[slot]);
  }

  remove(slot: number): void {
    this.#takeOut(slot);
    const bucket = this.#hashes[slot]! & this.#mask;
    const next = this.#nextInChain[slot]!;
    if (this.#heads[bucket] === slot) this.#heads[bucket] = next;
    else {
      let before = this.#heads[bucket]!;
      while (this.#nextInChain[before] !== slot) before = this.#nextInChain[before]!;
      this.#nextInChain[before] = next;
    }
    this.connections[slot] = undefined;
    this.#nextInChain[slot] = this.#free;
    this.#free = slot;
    this.#size -= 1;
  }

  /** Slots in use: closed connections from the oldest on, then open ones. */
  *slots(): Generator<number> {
    for (const list of [this.capacity + 1, this.capacity]) {
      for (let slot = this.#newer[list]!; slot !== list; ) {
        const next = this.#newer[slot]!;
        yield slot;
        slot = next;
      }
    }
  }

  #append(slot: number, list: number): void {
    const last = this.#older[list]!;
    this.#older[slot] = last;
    this.#newer[slot] = list;
    this.#newer[last] = slot;
    this.#older[list] = slot;
  }

  #takeOut(slot: number): void {
    const [older, newer] = [this.#older[slot]!, this.#newer[slot]!];
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }
}
