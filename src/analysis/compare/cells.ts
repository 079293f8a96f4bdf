/** Twice as many cells as are ever needed: only the lowest 40 frequencies are used, see long-run.ts. */
const MAX_CELLS = 2_048;

/**
 * Counts of one arm over time, in cells of equal length: a second at first, twice as long each time that a run proves
 * too long for {@link MAX_CELLS}. Memory is bounded, whatever the length of the run.
 */
export class ArmCells {
  readonly #columns = new Map<string, Float64Array>();
  #firstSecond = -1;
  #lastSecond = -1;
  #secondsPerCell = 1;

  /** Extends the arm's time: its first and last seconds are those in which attempts were due. Seconds ascend. */
  open(second: number): void {
    if (this.#firstSecond < 0) this.#firstSecond = second;
    this.#lastSecond = Math.max(this.#lastSecond, second);
    while (this.#indexOf(second) >= MAX_CELLS) this.#fold();
  }

  /** Adds to a count; earlier seconds count towards the first, later ones towards the last. */
  add(key: string, second: number, count: number): void {
    if (this.#firstSecond < 0 || count === 0) return;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = new Float64Array(MAX_CELLS);
      this.#columns.set(key, column);
    }
    const within = Math.min(Math.max(second, this.#firstSecond), this.#lastSecond);
    const index = this.#indexOf(within);
    column[index] = column[index]! + count;
  }

  /** From the first second in which an attempt was due to the last, inclusive. */
  get seconds(): number {
    return this.#firstSecond < 0 ? 0 : this.#lastSecond - this.#firstSecond + 1;
  }

  /** -1 before the first. */
  get firstSecond(): number {
    return this.#firstSecond;
  }

  get keys(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /** A count by cell; zeros if it never occurred. */
  column(key: string): Float64Array {
    const length = this.seconds === 0 ? 0 : this.#indexOf(this.#lastSecond) + 1;
    return this.#columns.get(key)?.subarray(0, length) ?? new Float64Array(length);
  }

  #indexOf(second: number): number {
    return Math.floor((second - this.#firstSecond) / this.#secondsPerCell);
  }

  #fold(): void {
    this.#secondsPerCell *= 2;
    for (const column of this.#columns.values()) {
      for (let index = 0; index < MAX_CELLS / 2; index += 1) {
        column[index] = column[2 * index]! + column[2 * index + 1]!;
      }
      column.fill(0, MAX_CELLS / 2);
    }
  }
}
