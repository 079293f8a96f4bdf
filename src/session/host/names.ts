import { lookup } from 'node:dns/promises';
import { type NameTarget, NameWatch } from './name-watch.ts';

export type Lookup = (name: string) => Promise<readonly string[]>;

export type NameChange =
  | ({ readonly what: 'far-end-moved' } & NameTarget)
  /** The resolver did not answer; reported once until it answers again. `why` is the system's message. */
  | { readonly what: 'resolver-failed'; readonly name: string; readonly why: string }
  | { readonly what: 'resolver-back'; readonly name: string };

/** Far quicker than a person would notice, and no burden on a resolver. */
const EVERY_SEC = 30;

export interface NamesOptions {
  readonly everySec?: number;
  readonly lookUp?: Lookup;
}

/** Looks names up repeatedly in the background, one at a time, so that a hanging resolver blocks at most one thread. */
export class NamesWatch {
  readonly #everySec: number;
  readonly #lookUp: Lookup;
  #watches = new Map<string, NameWatch>();
  readonly #failing = new Set<string>();
  #changes: NameChange[] = [];
  #dueSec: number | undefined;
  #isBusy = false;

  constructor({ everySec = EVERY_SEC, lookUp = lookUpAll }: NamesOptions = {}) {
    this.#everySec = everySec;
    this.#lookUp = lookUp;
  }

  /**
   * Connections use these addresses from now on. What is known about a name is kept.
   * @returns names that have moved since they were last used and have not been reported
   */
  use(names: ReadonlyMap<string, readonly string[]>): NameTarget[] {
    const moves: NameTarget[] = [];
    const watches = [...names].map(([name, addresses]) => {
      const watch = this.#watches.get(name) ?? new NameWatch(name, addresses);
      const moved = watch.use(addresses);
      if (moved !== undefined) moves.push(moved);
      return [name, watch] as const;
    });
    this.#watches = new Map(watches);
    for (const name of this.#failing) if (!names.has(name)) this.#failing.delete(name);
    return moves;
  }

  /** The results of lookups since the last call; starts those that are due. Never waits. */
  check(nowSec: number): NameChange[] {
    this.#dueSec ??= nowSec + this.#everySec;
    if (nowSec >= this.#dueSec && !this.#isBusy) {
      this.#dueSec = nowSec + this.#everySec;
      void this.#lookUpEach();
    }
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  async #lookUpEach(): Promise<void> {
    this.#isBusy = true;
    for (const [name, watch] of this.#watches) {
      try {
        const answer = await this.#lookUp(name);
        if (this.#failing.delete(name)) this.#changes.push({ what: 'resolver-back', name });
        // Another segment may have begun since, without this name.
        const moved = this.#watches.get(name) === watch ? watch.check(answer) : undefined;
        if (moved !== undefined) this.#changes.push({ what: 'far-end-moved', ...moved });
      } catch (error) {
        if (this.#failing.has(name)) continue;
        this.#failing.add(name);
        this.#changes.push({ what: 'resolver-failed', name, why: (error as Error).message });
      }
    }
    this.#isBusy = false;
  }
}

/** The same lookup that a run makes before its load. */
async function lookUpAll(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}
