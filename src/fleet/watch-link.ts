import { isRefusal, type Link } from './connect.ts';

/** Who is told what becomes of a connection. */
export interface LinkWatcher {
  /** The server is away, and is tried again; once until it is there again. */
  away(): void;
  back(): void;
  /** It refuses the credentials that it had taken; once until it takes them again. */
  refused?(error: unknown): void;
}

/** A connection as it is until it is closed, of which somebody is told until `signal` ends that. */
export class LinkWatch {
  #isAway = false;
  #isRefused = false;

  constructor(link: Link, watcher: LinkWatcher, signal: AbortSignal) {
    void this.#watch(link, watcher, signal);
  }

  /** The server is not there, or is and does not take the credentials. */
  get isAway(): boolean {
    return this.#isAway;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  async #watch({ connection }: Link, watcher: LinkWatcher, signal: AbortSignal): Promise<void> {
    for await (const status of connection.status()) {
      const told = signal.aborted ? undefined : watcher;
      if (status.type === 'disconnect' && !this.#isAway) {
        this.#isAway = true;
        told?.away();
      } else if (status.type === 'reconnect') {
        [this.#isAway, this.#isRefused] = [false, false];
        told?.back();
      } else if (status.type === 'error' && isRefusal(status.error) && !this.#isRefused) {
        this.#isRefused = true;
        told?.refused?.(status.error);
      }
    }
  }
}
