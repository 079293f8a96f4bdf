/** Something to be done once, at a time. */
interface Timer {
  readonly dueUs: number;
  readonly afterUs: number;
  readonly run: () => void;
}

/**
 * Timers of few lengths: those of one length are due in the order in which they were set, so that each length needs no
 * more than a list.
 */
export class Timers {
  /** By length. */
  readonly #lists = new Map<number, Set<Timer>>();

  /** When the next one is due; infinite if there is none. */
  get soonestUs(): number {
    return this.#findSoonest()?.dueUs ?? Number.POSITIVE_INFINITY;
  }

  /** @returns what cancels it */
  set(nowUs: number, afterUs: number, run: () => void): () => void {
    let list = this.#lists.get(afterUs);
    if (list === undefined) {
      list = new Set();
      this.#lists.set(afterUs, list);
    }
    const timer: Timer = { dueUs: nowUs + afterUs, afterUs, run };
    list.add(timer);
    return () => list.delete(timer);
  }

  /** Runs what is due, the soonest first, and as many at most as there were. @returns whether anything was */
  run(nowUs: number): boolean {
    let left = 0;
    for (const list of this.#lists.values()) left += list.size;
    let hasRun = false;
    for (; left > 0; left -= 1) {
      const timer = this.#findSoonest();
      if (timer === undefined || timer.dueUs > nowUs) break;
      this.#lists.get(timer.afterUs)!.delete(timer);
      timer.run();
      hasRun = true;
    }
    return hasRun;
  }

  #findSoonest(): Timer | undefined {
    let soonest: Timer | undefined;
    for (const list of this.#lists.values()) {
      const [first] = list;
      if (first !== undefined && (soonest === undefined || first.dueUs < soonest.dueUs)) soonest = first;
    }
    return soonest;
  }
}
