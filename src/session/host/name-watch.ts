/** A name that resolves to new addresses. */
export interface NameTarget {
  readonly name: string;
  /** The addresses that were in use. */
  readonly from: readonly string[];
  /** What the resolver says instead. */
  readonly to: readonly string[];
}

/** Consecutive answers without any address in use before the name counts as moved. */
const PATIENCE = 3;

/** The maximum, for a name that rotates: 20 minutes at 30 s each. */
const LONGEST_PATIENCE = 40;

/** The same for answers that agree on addresses never seen before. */
const STRANGERS = 2;

/**
 * Decides, from successive answers of the resolver, whether a name has moved.
 *
 * A name with many addresses is often answered with changing subsets of them (RFC 1794), so an answer without those in
 * use means nothing by itself. A name has moved once two consecutive answers agree on an address that is new, or once
 * those in use were missing from several answers: three, or three times as many as the longest gap after which they
 * came back.
 */
export class NameWatch {
  readonly #name: string;
  readonly #known: Set<string>;
  #inUse: readonly string[];
  /** Answers since the last one with an address in use. */
  #missed: (readonly string[])[] = [];
  /** The longest series of answers without them although the name had not moved. */
  #longestMissing = 0;

  constructor(name: string, inUse: readonly string[]) {
    this.#name = name;
    this.#inUse = inUse;
    this.#known = new Set(inUse);
  }

  /**
   * Connections use these addresses from now on.
   * @returns the previous addresses, if none of them is left because the load's own lookup had another answer
   */
  use(addresses: readonly string[]): NameTarget | undefined {
    const from = this.#inUse;
    for (const address of [...addresses, ...this.#missed.flat()]) this.#known.add(address);
    this.#inUse = addresses;
    this.#missed = [];
    return shareAny(from, addresses) ? undefined : { name: this.#name, from, to: addresses };
  }

  check(answer: readonly string[]): NameTarget | undefined {
    if (answer.length === 0) return undefined;
    if (shareAny(answer, this.#inUse)) {
      this.#longestMissing = Math.max(this.#longestMissing, this.#missed.length);
      for (const address of [...answer, ...this.#missed.flat()]) this.#known.add(address);
      this.#missed = [];
      return undefined;
    }
    this.#missed.push(answer);
    const isNew = this.#isElsewhere();
    if (!isNew && this.#missed.length < this.#patience) return undefined;
    const moved = { name: this.#name, from: this.#inUse, to: answer };
    // The new addresses were known, so the name may simply rotate: next time, those in use must be missing for longer.
    if (!isNew) this.#longestMissing = this.#missed.length;
    this.use(answer);
    return moved;
  }

  get #patience(): number {
    return Math.min(LONGEST_PATIENCE, PATIENCE * Math.max(1, this.#longestMissing));
  }

  #isElsewhere(): boolean {
    const last = this.#missed.slice(-STRANGERS);
    const [one, other] = last;
    if (one === undefined || other === undefined || !shareAny(one, other)) return false;
    return last.flat().every((address) => !this.#known.has(address));
  }
}

function shareAny(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}
