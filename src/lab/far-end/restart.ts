import type { FarEndCounts } from './protocol.ts';
import type { Servers } from './serve.ts';

type All = readonly [Servers, ...Servers[]];

/** Far ends that are away now and then: their ports refuse meanwhile, and what was open is closed. */
export class Restarting {
  readonly #serve: () => Promise<All>;
  readonly #earlier: FarEndCounts[] = [];
  #servers: All;

  constructor(servers: All, serve: () => Promise<All>) {
    this.#servers = servers;
    this.#serve = serve;
  }

  get servers(): All {
    return this.#servers;
  }

  /** Counts of all that served so far. */
  get counts(): FarEndCounts[] {
    return [...this.#earlier, ...this.#servers.map(({ counts }) => counts)];
  }

  /** From now on, over and over. */
  begin({ everyMs, awayMs }: { readonly everyMs: number; readonly awayMs: number }): void {
    setTimeout(() => {
      for (const one of this.#servers) one.close();
      setTimeout(() => void this.#return({ everyMs, awayMs }), awayMs);
    }, everyMs - awayMs);
  }

  async #return(times: { readonly everyMs: number; readonly awayMs: number }): Promise<void> {
    this.#earlier.push(...this.#servers.map(({ counts }) => counts));
    this.#servers = await this.#serve();
    this.begin(times);
  }
}
