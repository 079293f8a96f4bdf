/**
 * A browser's proxies: its own first, then the others in their order. One that does not answer, or refuses, is left out for a while, and
 * the next one is used (Chromium: net/proxy_resolution/proxy_list.cc, Fallback).
 */
export class ProxyList {
  readonly #own: number;
  readonly #retryAfterUs: number;
  /** Until when each is left out, microseconds; by its index. */
  readonly #badUntilUs: number[];

  /**
   * @param own index of the browser's own proxy
   * @param count how many there are
   * @param retryAfterUs after which a proxy that failed is tried again
   */
  constructor(own: number, count: number, retryAfterUs: number) {
    this.#own = own;
    this.#retryAfterUs = retryAfterUs;
    this.#badUntilUs = Array.from({ length: count }, () => Number.NEGATIVE_INFINITY);
  }

  /** The first that is not left out; if all are, the browser's own. */
  currentAt(nowUs: number): number {
    return this.#nextAt(nowUs) ?? this.#own;
  }

  /**
   * One could not be reached.
   * @returns whether another one is left. If not, all are tried again from then on: who fails has tried them all
   */
  failed(proxy: number, nowUs: number): boolean {
    this.#badUntilUs[proxy] = nowUs + this.#retryAfterUs;
    if (this.#nextAt(nowUs) !== undefined) return true;
    this.#badUntilUs.fill(Number.NEGATIVE_INFINITY);
    return false;
  }

  #nextAt(nowUs: number): number | undefined {
    const { length } = this.#badUntilUs;
    for (let step = 0; step < length; step += 1) {
      const proxy = (this.#own + step) % length;
      if (this.#badUntilUs[proxy]! <= nowUs) return proxy;
    }
    return undefined;
  }
}
