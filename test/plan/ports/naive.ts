import type { PortShard, SourcePlan } from '../../../src/plan/ports/types.ts';

/** One address and port, as a simple mind would book it. */
export interface Entry {
  readonly source: number;
  readonly port: number;
  leased: boolean;
  /** -1: never. */
  closedAtUs: number;
  /** When it was, or will be, free; -1: always was. */
  freeAtUs: number;
}

/** What the allocator promises, written for reading: a list of entries, searched from end to end. */
export class NaiveBook {
  /** In the order in which they are used one after the other. */
  readonly entries: readonly Entry[];
  readonly #plan: SourcePlan;
  #next = 0;

  constructor(plan: SourcePlan, { index, count }: PortShard) {
    this.#plan = plan;
    const ports = plan.ports
      .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, offset) => from + offset))
      .filter((port) => port % count === index);
    this.entries = ports.flatMap((_, round) =>
      Array.from({ length: plan.sources }, (__, source) => ({
        source,
        port: ports[(round + Math.floor((source * ports.length) / plan.sources)) % ports.length]!,
        leased: false,
        closedAtUs: -1,
        freeAtUs: -1,
      })),
    );
  }

  get open(): Entry[] {
    return this.entries.filter(({ leased }) => leased);
  }

  free(nowUs: number): Entry[] {
    return this.entries.filter(({ leased, freeAtUs }) => !leased && freeAtUs <= nowUs);
  }

  get nextFreeAtUs(): number {
    const resting = this.entries.filter(({ leased }) => !leased).map(({ freeAtUs }) => freeAtUs);
    return Math.min(Number.POSITIVE_INFINITY, ...resting);
  }

  /** Those that the order allows to be next: several where it leaves the choice, none where none is free. */
  candidates(nowUs: number): Entry[] {
    const free = this.free(nowUs);
    const [first] = free;
    const { order, reuseExactlyUs } = this.#plan;
    if (first === undefined) return [];
    if (reuseExactlyUs !== undefined || order === 'mru') {
      const latest = Math.max(...free.map(({ freeAtUs }) => freeAtUs));
      const newest = free.filter(({ freeAtUs }) => freeAtUs === latest);
      return latest === -1 && order !== 'random' ? newest.slice(0, 1) : newest;
    }
    switch (order) {
      case 'random':
        return free;
      case 'sequential':
        return [free.find((entry) => this.entries.indexOf(entry) >= this.#next) ?? first];
      case 'lru': {
        const earliest = Math.min(...free.map(({ freeAtUs }) => freeAtUs));
        const oldest = free.filter(({ freeAtUs }) => freeAtUs === earliest);
        return earliest === -1 ? oldest.slice(0, 1) : oldest;
      }
    }
  }

  take(entry: Entry): void {
    entry.leased = true;
    this.#next = this.entries.indexOf(entry) + 1;
  }

  release(entry: Entry, closedAtUs: number, heldUntilUs: number): void {
    const restUs = this.#plan.reuseExactlyUs ?? this.#plan.reuseAfterUs;
    entry.leased = false;
    entry.closedAtUs = closedAtUs;
    entry.freeAtUs = Math.max(closedAtUs + restUs, heldUntilUs);
  }

  quarantine(entry: Entry, untilUs: number): void {
    entry.leased = false;
    entry.freeAtUs = untilUs;
  }

  samePortAgeUs(port: number, nowUs: number): number {
    const closes = this.entries.filter((entry) => entry.port === port).map(({ closedAtUs }) => closedAtUs);
    const last = Math.max(...closes);
    return last === -1 ? -1 : nowUs - last;
  }

  sameTupleAgeUs({ closedAtUs }: Entry, nowUs: number): number {
    return closedAtUs === -1 ? -1 : nowUs - closedAtUs;
  }
}
