/**
 * How old a token may be when it is sent. An acceptor refuses what is older than the clock skew that it allows, 5 minutes
 * by default (RFC 4120 section 3.2.3), counted from the authenticator's time: this leaves room for clocks that differ.
 */
const MAX_AGE_MS = 60_000;

/** Most tokens kept, about 1 KiB each, 4 where Active Directory adds its groups. */
const MOST_KEPT = 4_096;

const LEAST_KEPT = 2;

export interface TokenStockOptions {
  /** How many to keep ready at first: what is used up in a second or two. */
  readonly wanted: number;
  /** Asks for so many more; they come some time later, or never. */
  readonly ask: (count: number) => void;
  /** Milliseconds since 1970, monotonic. */
  readonly now: () => number;
}

interface Token {
  readonly value: string;
  readonly mintedAtMs: number;
}

/**
 * Tokens of one arm that wait to be sent, each once, the oldest first. It asks for more well before it runs dry, keeps
 * more where it did run dry, and fewer where they grew old.
 */
export class TokenStock {
  readonly #options: TokenStockOptions;
  readonly #tokens: Token[] = [];
  /** Where the oldest is: what is before it is taken. */
  #head = 0;
  #wanted: number;
  /** Asked for and not yet come. */
  #underway = 0;
  #ranDry = false;
  #discarded = 0;
  /** Open attempts that will need one for certain. */
  readonly #promised = new Set<number>();

  constructor(options: TokenStockOptions) {
    this.#options = options;
    this.#wanted = Math.min(MOST_KEPT, Math.max(LEAST_KEPT, Math.ceil(options.wanted)));
  }

  /** Asks for what is missing. Called once to fill it, and now and then to keep it fresh. */
  refresh(): void {
    this.#discardOld();
    this.#order();
  }

  /** @param mintedAtMs when the oldest of them was made */
  add(values: readonly string[], mintedAtMs: number): void {
    for (const value of values) this.#tokens.push({ value, mintedAtMs });
    this.#underway = Math.max(0, this.#underway - values.length);
    if (this.#ranDry) this.#wanted = Math.min(MOST_KEPT, this.#wanted * 2);
    this.#ranDry = false;
    this.#order();
  }

  /** Whether there is one that is promised to nobody. */
  hasAny(): boolean {
    this.#discardOld();
    if (this.#size > this.#promised.size) return true;
    this.#ranDry = true;
    this.#order();
    return false;
  }

  /** Keeps one for an attempt that will need it once it is connected. */
  promise(attempt: number): void {
    this.#promised.add(attempt);
  }

  /** The attempt is over: what it has not taken is free again. */
  release(attempt: number): void {
    this.#promised.delete(attempt);
  }

  /** Takes the oldest that is fresh; undefined where there is none, or none that is not promised to others. */
  take(attempt: number): string | undefined {
    const isPromised = this.#promised.delete(attempt);
    if (!isPromised && !this.hasAny()) return undefined;
    this.#discardOld();
    const token = this.#tokens[this.#head];
    if (token === undefined) this.#ranDry = true;
    else this.#dropHead();
    this.#order();
    return token?.value;
  }

  /** How many grew too old since the last call. */
  takeDiscarded(): number {
    const discarded = this.#discarded;
    this.#discarded = 0;
    return discarded;
  }

  get #size(): number {
    return this.#tokens.length - this.#head;
  }

  #discardOld(): void {
    const oldestMs = this.#options.now() - MAX_AGE_MS;
    const before = this.#discarded;
    for (;;) {
      const token = this.#tokens[this.#head];
      if (token === undefined || token.mintedAtMs >= oldestMs) break;
      this.#dropHead();
      this.#discarded += 1;
    }
    if (this.#discarded > before) this.#wanted = Math.max(LEAST_KEPT, Math.ceil(this.#wanted / 2));
  }

  #dropHead(): void {
    this.#head += 1;
    // Moving what is left costs something: it is done once half of the list is taken.
    if (this.#head < 64 || this.#head * 2 < this.#tokens.length) return;
    this.#tokens.splice(0, this.#head);
    this.#head = 0;
  }

  /** A quarter at a time: a message for each token would cost more than the token. */
  #order(): void {
    const missing = this.#wanted + this.#promised.size - this.#size - this.#underway;
    if (missing < Math.max(1, this.#wanted / 4)) return;
    this.#underway += missing;
    this.#options.ask(missing);
  }
}
