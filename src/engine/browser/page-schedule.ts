import type { Random } from '../../random.ts';
import type { BrowserProfile } from './profiles/profile.ts';

export interface ScheduleOwner {
  /** No host takes many requests at once: each object is delayed. */
  readonly delaysAll: boolean;
  /** Requests of low priority to its host are delayed: nothing says yet that the host takes many at once. */
  isDelayed(index: number): boolean;
  ask(index: number): void;
  /** Calls back so much later. @returns what cancels that */
  after(us: number, run: () => void): () => void;
}

/** Not asked for yet. */
const HELD = 1;
/** Asked for in spite of its low priority, and not over. */
const IN_PROGRESS = 2;
/** Asked for, and of no more concern. */
const ASKED = 3;

/**
 * When each object of a page is asked for, once its document has arrived. Chromium keeps few requests of low priority in
 * progress, whatever their hosts (services/network/resource_scheduler). Images whose place is in view lose that priority as
 * soon as the page is laid out, and all of them are asked for at once.
 */
export class PageSchedule {
  readonly #most: number;
  readonly #owner: ScheduleOwner;
  readonly #random: Random;
  /** What became of each object, by its index. */
  readonly #states: Uint8Array;
  /** Objects not asked for yet. */
  #held: number;
  /** The first of them, or one before it. */
  #next = 1;
  /** Objects in progress that were asked for in spite of their low priority. */
  #inProgress = 0;
  #cancelLayout: (() => void) | undefined;

  /** @param objects of the page, the document included */
  constructor(
    objects: number,
    { mostBeforeLayout, layoutAfterUs }: BrowserProfile,
    random: Random,
    owner: ScheduleOwner,
  ) {
    this.#random = random;
    this.#most = mostBeforeLayout;
    this.#owner = owner;
    this.#states = new Uint8Array(objects).fill(HELD, 1);
    this.#held = objects - 1;
    this.#askMore();
    if (this.#held > 0) this.#cancelLayout = owner.after(layoutAfterUs, () => this.#layOut());
  }

  /** An object that was asked for has ended. */
  finished(index: number): void {
    if (this.#states[index] === IN_PROGRESS) this.#inProgress -= 1;
    this.#states[index] = ASKED;
    if (this.#held > 0) this.#askMore();
  }

  /** Asks for nothing more. */
  stop(): void {
    this.#cancelLayout?.();
    this.#held = 0;
  }

  #layOut(): void {
    const held: number[] = [];
    for (let index = this.#next; index < this.#states.length; index += 1)
      if (this.#states[index] === HELD) held.push(index);
    // What is asked for may end the page at once, or free others.
    while (held.length > 0 && this.#held > 0) {
      const place = Math.floor(this.#random() * held.length);
      const index = held[place]!;
      held[place] = held.at(-1)!;
      held.pop();
      if (this.#states[index] === HELD) this.#ask(index, ASKED);
    }
  }

  #askMore(): void {
    for (let index = this.#next; index < this.#states.length && this.#held > 0; index += 1) {
      if (this.#states[index] !== HELD) continue;
      const isDelayed = this.#owner.isDelayed(index);
      if (!isDelayed || this.#inProgress < this.#most) this.#ask(index, isDelayed ? IN_PROGRESS : ASKED);
      else if (this.#owner.delaysAll) return;
    }
  }

  #ask(index: number, state: typeof IN_PROGRESS | typeof ASKED): void {
    this.#states[index] = state;
    this.#held -= 1;
    if (state === IN_PROGRESS) this.#inProgress += 1;
    while (this.#next < this.#states.length && this.#states[this.#next] !== HELD) this.#next += 1;
    this.#owner.ask(index);
  }
}
