import { createRandom } from '../../random.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import { judge } from '../pcap/judge.ts';

/** Handshakes that are held, some 2 kB each: so many that stalled, and a sample of as many others. */
const MOST = 20_000;
/** Any number: the same capture gives the same sample. */
const SEED = 1;

/** Gathers handshakes of any number in memory that does not grow with it: stalled ones first of all. */
export class NearSample {
  readonly #stalled: HandshakeSeen[] = [];
  readonly #others: HandshakeSeen[] = [];
  readonly #random = createRandom(SEED);
  readonly #most: number;
  #othersSeen = 0;
  #leftOut = 0;

  /** @param most handshakes that stalled, and others, to be held */
  constructor(most = MOST) {
    this.#most = most;
  }

  add(seen: HandshakeSeen): void {
    if (seen.synCount === 0) return;
    if (isStalled(seen) && this.#stalled.length < this.#most) {
      this.#stalled.push(seen);
      return;
    }
    this.#othersSeen += 1;
    if (this.#others.length < this.#most) {
      this.#others.push(seen);
      return;
    }
    this.#leftOut += 1;
    // Each is kept with the same probability (Vitter's algorithm R).
    const place = Math.floor(this.#random() * this.#othersSeen);
    if (place < this.#most) this.#others[place] = seen;
  }

  get handshakes(): readonly HandshakeSeen[] {
    return [...this.#stalled, ...this.#others];
  }

  /** Handshakes that were not kept. */
  get leftOut(): number {
    return this.#leftOut;
  }
}

export function isStalled(seen: HandshakeSeen): boolean {
  const verdict = judge(seen);
  return verdict === 'recovered' || verdict === 'frozen';
}
