const NOTHING = Buffer.alloc(0);

/** Searches for texts in a byte stream, keeping only as many bytes as the beginning of a text may occupy. */
export class TextSearch {
  #wanted: readonly Uint8Array[];
  readonly #texts: readonly Uint8Array[];
  /** The end of the bytes already searched. */
  #tail: Buffer = NOTHING;

  /** @param texts none of them empty */
  constructor(texts: readonly Uint8Array[]) {
    this.#wanted = texts;
    this.#texts = texts;
  }

  /** Whether the text with this index has been found. */
  found(index: number): boolean {
    return !this.#wanted.includes(this.#texts[index]!);
  }

  /** Takes the bytes from offset `from` up to, not including, `to`. */
  take(bytes: Uint8Array, from: number, to: number): void {
    if (this.#wanted.length === 0) return;
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);
    // Joins what a text may have begun in with as much of the new piece as it may end in; the rest is searched in
    // place.
    const longest = this.#wanted.reduce((most, text) => Math.max(most, text.length), 0);
    const seam =
      this.#tail.length === 0 ? NOTHING : Buffer.concat([this.#tail, piece.subarray(0, longest - 1)]);
    this.#wanted = this.#wanted.filter((text) => seam.indexOf(text) < 0 && piece.indexOf(text) < 0);
    const end = piece.length >= longest - 1 ? piece : Buffer.concat([this.#tail, piece]);
    this.#tail = Buffer.from(end.subarray(Math.max(0, end.length - longest + 1)));
  }
}
