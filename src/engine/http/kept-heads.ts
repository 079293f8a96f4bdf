const NOTHING = new Uint8Array(0);

/** A head, with room to grow: data that arrives byte by byte must not be copied each time. */
interface Kept {
  bytes: Uint8Array;
  length: number;
}

/**
 * Heads of responses that may ask for credentials or name an error, by slot, as they arrive. The parser bounds their
 * length.
 */
export class KeptHeads {
  readonly #heads: (Kept | undefined)[] = [];

  /** Appends a copy of the bytes from offset `from` up to, not including, `to`. */
  keep(slot: number, bytes: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    this.#heads[slot] ??= { bytes: NOTHING, length: 0 };
    const kept = this.#heads[slot];
    const length = kept.length + to - from;
    if (length > kept.bytes.length) {
      const wider = new Uint8Array(kept.length === 0 ? length : 2 * length);
      wider.set(kept.bytes.subarray(0, kept.length));
      kept.bytes = wider;
    }
    kept.bytes.set(bytes.subarray(from, to), kept.length);
    kept.length = length;
  }

  /** What was kept, interim responses included. */
  of(slot: number): Uint8Array {
    const kept = this.#heads[slot];
    return kept === undefined ? NOTHING : kept.bytes.subarray(0, kept.length);
  }

  forget(slot: number): void {
    this.#heads[slot] = undefined;
  }
}
