/**
 * Maximum age of a token when it is sent. An acceptor refuses tokens older than the clock skew that it allows, 5
 * minutes by default (RFC 4120 section 3.2.3), counted from the authenticator's time: this leaves room for clock
 * differences.
 */
const MAX_AGE_MS = 60_000;

/** Maximum number of tokens kept, about 1 KiB each, 4 if Active Directory adds its groups. */
const MOST_KEPT = 4_096;

const LEAST_KEPT = 2;

export interface TokenStockOptions {
  /** How many to keep ready initially: what is used up in a second or two. */
  readonly wanted: number;
  /** Asks for this many more; they arrive some time later, or never. */
  readonly ask: (count: number) => void;
  /** Milliseconds since 1970, monotonic. */
  readonly now: () => number;
}

interface Token {
  readonly value: string;
  readonly mintedAtMs: number;
}

/**
 * Tokens of one arm waiting to be sent, each once, the oldest first. It orders more well before it runs out, keeps
 * more after it did run out, and fewer after tokens expired.
 */
export class TokenStock {
  readonly #options: TokenStockOptions;
  readonly #tokens: Token[] = [];
  /** Position of the oldest: those before it are taken. */
  #head = 0;
  #wanted: number;
  /** Requested and not yet received. */
  #underway = 0;
  #ranDry = false;
  #discarded = 0;
  /** Open attempts that will certainly need one. */
  readonly #promised = new Set<number>();

  constructor(options: TokenStockOptions) {
    this.#options = options;
    this.#wanted = Math.min(MOST_KEPT, Math.max(LEAST_KEPT, Math.ceil(options.wanted)));
  }

  /** Orders what is missing. Called once to fill the stock, and periodically to keep it fresh. */
  refresh(): void {
    this.#discardOld();
    this.#order();
  }

  /** @param mintedAtMs when the oldest of them was created */
  add(values: readonly string[], mintedAtMs: number): void {
    for (const value of values) this.#tokens.push({ value, mintedAtMs });
    this.#underway = Math.max(0, this.#underway - values.length);
    if (this.#ranDry) this.#wanted = Math.min(MOST_KEPT, this.#wanted * 2);
    this.#ranDry = false;
    this.#order();
  }

  /** Whether one is available that is not reserved. */
  hasAny(): boolean {
    this.#discardOld();
    if (this.#size > this.#promised.size) return true;
    this.#ranDry = true;
    this.#order();
    return false;
  }

  /** Reserves one for an attempt that will need it once connected. */
  promise(attempt: number): void {
    this.#promised.add(attempt);
  }

  /** The attempt has ended: a reservation that it did not use is released. */
  release(attempt: number): void {
    this.#promised.delete(attempt);
  }

  /** Takes the oldest fresh token; undefined if there is none, or if all are reserved for others. */
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

  /** How many expired since the last call. */
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
    // Moving the rest has a cost: it is done once half of the list is taken.
    if (this.#head < 64 || this.#head * 2 < this.#tokens.length) return;
    this.#tokens.splice(0, this.#head);
    this.#head = 0;
  }

  /** A quarter at a time: a message per token would cost more than the token. */
  #order(): void {
    const missing = this.#wanted + this.#promised.size - this.#size - this.#underway;
    if (missing < Math.max(1, this.#wanted / 4)) return;
    this.#underway += missing;
    this.#options.ask(missing);
  }
}
