import type { BrowserProfile } from './profiles/profile.ts';

export interface ScheduleOwner {
  /** No host takes many requests at once: each object is delayed. */
  readonly delaysAll: boolean;
  /** Requests of low priority to its host are delayed: nothing says yet that the host takes many at once. */
  isDelayed(index: number): boolean;
  ask(index: number): void;
}

/**
 * When each object of a page is asked for, once its document has arrived. Chromium keeps few requests of low priority in
 * progress, whatever their hosts (services/network/resource_scheduler). Images whose place is in view lose that priority as
 * soon as the page is laid out, and all of them are asked for at once.
 */
export class PageSchedule {
  readonly #most: number;
  readonly #owner: ScheduleOwner;
  /** Objects not asked for yet, in order. */
  readonly #held: number[];
  /** Objects in progress that were asked for in spite of their low priority. */
  readonly #inProgress = new Set<number>();
  #layout: NodeJS.Timeout | undefined;

  /** @param objects of the page, the document included */
  constructor(objects: number, { mostBeforeLayout, layoutAfterUs }: BrowserProfile, owner: ScheduleOwner) {
    this.#most = mostBeforeLayout;
    this.#owner = owner;
    this.#held = Array.from({ length: objects - 1 }, (_, place) => place + 1);
    this.#askMore();
    if (this.#held.length > 0) this.#layout = setTimeout(() => this.#layOut(), layoutAfterUs / 1_000);
  }

  /** An object that was asked for has ended. */
  finished(index: number): void {
    this.#inProgress.delete(index);
    if (this.#held.length > 0) this.#askMore();
  }

  /** Asks for nothing more. */
  stop(): void {
    clearTimeout(this.#layout);
    this.#held.length = 0;
  }

  #layOut(): void {
    for (const index of this.#held.splice(0)) this.#owner.ask(index);
  }

  #askMore(): void {
    let place = 0;
    while (place < this.#held.length) {
      const index = this.#held[place]!;
      const isDelayed = this.#owner.isDelayed(index);
      if (isDelayed && this.#inProgress.size >= this.#most) {
        if (this.#owner.delaysAll) return;
        place += 1;
        continue;
      }
      this.#held.splice(place, 1);
      if (isDelayed) this.#inProgress.add(index);
      this.#owner.ask(index);
    }
  }
}
