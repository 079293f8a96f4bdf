const NOTHING = new Uint8Array(0);

/**
 * Heads of responses that may ask for credentials, by slot, as they come in. Only arms with credentials have them kept;
 * the parser bounds their length.
 */
export class KeptHeads {
  readonly #heads: Uint8Array[] = [];

  /** Adds the bytes from offset `from` up to, not including, `to`: a copy. */
  keep(slot: number, bytes: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    const before = this.#heads[slot] ?? NOTHING;
    const head = new Uint8Array(before.length + to - from);
    head.set(before);
    head.set(bytes.subarray(from, to), before.length);
    this.#heads[slot] = head;
  }

  /** What was kept, interim responses included. */
  of(slot: number): Uint8Array {
    return this.#heads[slot] ?? NOTHING;
  }

  forget(slot: number): void {
    this.#heads[slot] = NOTHING;
  }
}
