/** Runs callbacks later, in the order in which they were added. */
export class DelayQueue {
  readonly #due: { readonly atMs: number; readonly run: () => void }[] = [];
  #lastMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Runs it `delayMs` from now, or right after the previous one, whichever is later. */
  push(delayMs: number, run: () => void): void {
    this.#lastMs = Math.max(this.#lastMs, performance.now() + delayMs);
    this.#due.push({ atMs: this.#lastMs, run });
    this.#timer ??= setTimeout(this.#runDue, delayMs);
  }

  /** Discards what has not run yet. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#due.length = 0;
  }

  readonly #runDue = (): void => {
    const nowMs = performance.now();
    let ran = 0;
    while (ran < this.#due.length && (this.#due[ran]?.atMs ?? 0) <= nowMs) {
      this.#due[ran]?.run();
      ran += 1;
    }
    this.#due.splice(0, ran);
    const next = this.#due[0];
    this.#timer = next && setTimeout(this.#runDue, Math.max(1, Math.ceil(next.atMs - nowMs)));
  };
}
