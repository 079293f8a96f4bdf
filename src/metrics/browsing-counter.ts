import type { AttemptRecord } from '../engine/types.ts';
import type { BrowsingCounts, SeriesCounts } from './types.ts';

/** What a user holds. */
interface Held {
  open: number;
  /** The most at once since the last second was taken. */
  most: number;
}

/** What is counted of an arm of browsers besides, second by second: see {@link SeriesCounts.browsing}. */
export class BrowsingCounter {
  readonly #users = new Map<number, Held>();
  #open = 0;
  #most = 0;
  #counts: BrowsingCounts = {};

  /**
   * A connection is about to be opened: a firewall holds a port for it from its SYN on.
   * @param user number of the browser, across all shards
   */
  opened(user: number): void {
    const held = this.#users.get(user) ?? { open: 0, most: 0 };
    held.open += 1;
    held.most = Math.max(held.most, held.open);
    this.#users.set(user, held);
    this.#open += 1;
    this.#most = Math.max(this.#most, this.#open);
  }

  /** A connection that was {@link opened} has ended, or could not be opened. */
  closed(user: number): void {
    this.#users.get(user)!.open -= 1;
    this.#open -= 1;
  }

  pageOver(isWhole: boolean): void {
    this.#count('pages');
    if (!isWhole) this.#count('pagesFailed');
  }

  /** A connection has ended: counts it if nothing was ever asked on it. */
  settled({ establishedAtUs, phase, bytes }: Readonly<AttemptRecord>): void {
    const isAtRest = phase === 'done' || phase === 'held';
    if (establishedAtUs >= 0 && isAtRest && bytes === 0) this.#count('withoutRequest');
  }

  /** @param synRetransmits of a handshake that stalled; -1 if the system cannot tell */
  stalled(synRetransmits: number): void {
    if (synRetransmits >= 0) this.#count('stalledSyns', 1 + synRetransmits);
  }

  /** What the second brought; undefined if nothing happened and nothing is open. The next second starts with what is open. */
  take(): Required<Pick<SeriesCounts, 'browsing' | 'usersByOpen'>> | undefined {
    const browsing: BrowsingCounts = { ...this.#counts };
    if (this.#most > 0) browsing.openMost = this.#most;
    if (this.#open > 0) browsing.openLast = this.#open;
    this.#counts = {};
    this.#most = this.#open;
    const usersByOpen: Record<string, number> = {};
    for (const held of this.#users.values()) {
      if (held.most > 0) usersByOpen[held.most] = (usersByOpen[held.most] ?? 0) + 1;
      held.most = held.open;
    }
    return Object.keys(browsing).length === 0 ? undefined : { browsing, usersByOpen };
  }

  #count(what: keyof BrowsingCounts, by = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + by;
  }
}
