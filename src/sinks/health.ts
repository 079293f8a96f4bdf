import type { SinkListener } from './types.ts';

/** Tells what is the matter with a sink, and that it is over: each once, and never a secret. */
export class Health {
  readonly #name: string;
  readonly #listener: SinkListener;
  readonly #secrets: readonly string[];
  readonly #told = new Set<string>();
  /** What keeps it away; undefined while it takes what it is given. */
  #matter: string | undefined;
  #fault: string | undefined;

  /** @param secrets what must not be said, should the sink itself say it */
  constructor(name: string, listener: SinkListener, secrets: readonly string[] = []) {
    this.#name = name;
    this.#listener = listener;
    this.#secrets = secrets;
  }

  get isAway(): boolean {
    return this.#matter !== undefined;
  }

  /** The last fault. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /**
   * Reports that the sink accepts nothing.
   * @param matter the kind of fault: another kind is reported again
   * @param then what happens to the seconds
   */
  away(matter: string, why: string, then: string): void {
    const wasAway = this.isAway;
    const isNews = this.#matter !== matter;
    this.#matter = matter;
    this.#fault = this.#hide(why);
    if (isNews) this.#say(`${this.#name}: ${this.#fault}; ${this.#hide(then)}`);
    if (!wasAway) this.#call(() => this.#listener.onAway?.(this.#name, this.#fault ?? ''));
  }

  back(): void {
    if (!this.isAway) return;
    this.#matter = undefined;
    this.#say(`${this.#name}: accepts data again`);
    this.#call(() => this.#listener.onBack?.(this.#name));
  }

  /**
   * Reports another fault.
   * @param matter reported once per run
   */
  note(matter: string, why: string): void {
    this.#fault = this.#hide(why);
    if (this.#told.has(matter)) return;
    this.#told.add(matter);
    this.#say(`${this.#name}: ${this.#fault}`);
  }

  #say(line: string): void {
    this.#call(() => this.#listener.say(line));
  }

  /** A listener that throws is its owner's fault, and must not cost points. */
  #call(tell: () => void): void {
    try {
      tell();
    } catch {
      // There is nobody left to tell.
    }
  }

  #hide(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
  }
}
