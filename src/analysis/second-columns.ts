/** What happened to the attempts of one second. */
export interface SecondCounts {
  scheduled: number;
  /** Below 0 if an attempt of an earlier second turns out not to have been sent. */
  started: number;
  unsent: number;
  /** By the second in which the handshake completed. */
  established: number;
  /** Ended as the scenario expected, by the second in which they ended. */
  completed: number;
  /** Refused by an RST or an ICMP error, that is, immediately. */
  refused: number;
  /** By the second in which the SYN was sent, whenever the stall was detected. */
  stalled: number;
  /**
   * Failures of the path or the far end, except frozen handshakes, which are stalls. By the second in which they
   * ended, because their start is not recorded: a response timeout may count in a later step of the load.
   */
  failed: number;
}

export function emptySecond(): SecondCounts {
  return {
    scheduled: 0,
    started: 0,
    unsent: 0,
    established: 0,
    completed: 0,
    refused: 0,
    stalled: 0,
    failed: 0,
  };
}

/** Held connections of an arm that were cut in a second: what fails there besides is refused, or stalls, which is counted apart. */
export function cutsIn({ failed, refused }: Pick<SecondCounts, 'failed' | 'refused'>): number {
  return Math.max(0, failed - refused);
}

const COLUMNS = [
  'scheduled',
  'started',
  'unsent',
  'established',
  'completed',
  'refused',
  'stalled',
  'failed',
] as const;
const WIDTH = COLUMNS.length;

/**
 * Counts that cannot be below 0 are stored plus one, so that 0 marks a second without data.
 */
const KNOWN = COLUMNS.indexOf('scheduled');

/** Seconds per allocated block: a gap of hours, as after sleep, takes no memory, and nothing is ever copied. */
const BLOCK_SECONDS = 512;

/**
 * Counts per second for very long runs: 32 bytes a second, where an object in a map takes 230. Can be read like a map
 * whose seconds ascend; each value is a copy, created when read.
 */
export class SecondColumns implements ReadonlyMap<number, SecondCounts> {
  readonly #blocks = new Map<number, Int32Array>();
  #size = 0;

  /** Adds to a second's counts, and creates the second if it is new. */
  add(second: number, counts: Readonly<Partial<SecondCounts>>): void {
    const block = this.#open(Math.floor(second / BLOCK_SECONDS));
    const at = offsetOf(second);
    if (block[at + KNOWN] === 0) {
      block[at + KNOWN] = 1;
      this.#size += 1;
    }
    for (let column = 0; column < WIDTH; column += 1) {
      block[at + column] = block[at + column]! + (counts[COLUMNS[column]!] ?? 0);
    }
  }

  get size(): number {
    return this.#size;
  }

  has(second: number): boolean {
    const block = this.#blocks.get(Math.floor(second / BLOCK_SECONDS));
    return block !== undefined && Number.isInteger(second) && block[offsetOf(second) + KNOWN] !== 0;
  }

  get(second: number): SecondCounts | undefined {
    if (!this.has(second)) return undefined;
    const block = this.#blocks.get(Math.floor(second / BLOCK_SECONDS))!;
    const at = offsetOf(second);
    const counts = emptySecond();
    for (let column = 0; column < WIDTH; column += 1) {
      counts[COLUMNS[column]!] = block[at + column]! - (column === KNOWN ? 1 : 0);
    }
    return counts;
  }

  *keys(): Generator<number, undefined> {
    for (const number of [...this.#blocks.keys()].sort((a, b) => a - b)) {
      const first = number * BLOCK_SECONDS;
      for (let second = first; second < first + BLOCK_SECONDS; second += 1) {
        if (this.has(second)) yield second;
      }
    }
  }

  *entries(): Generator<[number, SecondCounts], undefined> {
    for (const second of this.keys()) yield [second, this.get(second)!];
  }

  *values(): Generator<SecondCounts, undefined> {
    for (const second of this.keys()) yield this.get(second)!;
  }

  [Symbol.iterator](): Generator<[number, SecondCounts], undefined> {
    return this.entries();
  }

  forEach(
    visit: (counts: SecondCounts, second: number, columns: ReadonlyMap<number, SecondCounts>) => void,
  ): void {
    for (const [second, counts] of this) visit(counts, second, this);
  }

  #open(number: number): Int32Array {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const opened = new Int32Array(BLOCK_SECONDS * WIDTH);
    this.#blocks.set(number, opened);
    return opened;
  }
}

/** Where a second's counts begin in its block. */
function offsetOf(second: number): number {
  return (second % BLOCK_SECONDS) * WIDTH;
}
