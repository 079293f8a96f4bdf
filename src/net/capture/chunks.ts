/** Bytes that have arrived and are not yet used, in one piece. */
export class Chunks {
  bytes: Uint8Array;
  from = 0;
  end = 0;

  /** @param size bytes to make room for; grows as needed */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  get length(): number {
    return this.end - this.from;
  }

  add(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  #makeRoom(count: number): void {
    if (this.end + count <= this.bytes.length) return;
    const { from, end, length } = this;
    if (length + count > this.bytes.length) {
      const larger = new Uint8Array((length + count) * 2);
      larger.set(this.bytes.subarray(from, end));
      this.bytes = larger;
    } else {
      this.bytes.copyWithin(0, from, end);
    }
    this.from = 0;
    this.end = length;
  }

  /** Discards what is before a position. */
  drop(until: number): void {
    this.from = until;
    if (this.from < this.end) return;
    this.from = 0;
    this.end = 0;
  }
}
