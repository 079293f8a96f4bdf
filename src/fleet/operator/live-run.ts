import { ASIDE_SUFFIX } from '../../metrics/set-aside.ts';
import { LiveTail } from '../../store/live-tail.ts';
import type { FleetRun, ProbePart } from './fleet-run.ts';

/** Where a probe stands, by what has arrived of its folder. */
export interface LiveProbe {
  readonly part: ProbePart;
  /** The last whole second that arrived; -1 before the first. */
  readonly second: number;
  /** Attempts started in that second. */
  readonly startedPerSec: number;
  /** For so long nothing of it has arrived; seconds. */
  readonly quietSec: number;
  /** Nothing more of it is awaited; absent: not known. */
  readonly isOver?: boolean;
  /** Over the whole run, without what does not count. */
  readonly sums: { readonly started: number; readonly established: number; readonly stalled: number };
}

/** Only the last second is shown by itself. */
const KEPT_SEC = 2;

/** What each probe of a run is doing. */
export class LiveRun {
  readonly #tails: ReadonlyMap<string, LiveTail>;
  readonly #known: Map<string, LiveProbe>;
  readonly #touched = new Set<string>();
  readonly #now: () => number;
  /** When something last arrived, by the clock of this class. */
  readonly #arrivedAtMs: Map<string, number>;

  /** @param now milliseconds of a monotonic clock */
  constructor(run: FleetRun, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#arrivedAtMs = new Map(run.parts.map(({ probe }) => [probe, now()]));
    this.#tails = new Map(run.parts.map(({ probe, dir }) => [probe, new LiveTail(dir, KEPT_SEC)]));
    const sums = { started: 0, established: 0, stalled: 0 };
    this.#known = new Map(
      run.parts.map((part) => [part.probe, { part, second: -1, startedPerSec: 0, quietSec: 0, sums }]),
    );
  }

  /** Something of the folder of this probe has arrived. */
  touch(probe: string): void {
    this.hear(probe);
    this.#touched.add(probe);
  }

  /** Something has arrived from this probe. */
  hear(probe: string): void {
    this.#arrivedAtMs.set(probe, this.#now());
  }

  /** For so long nothing has arrived from this probe; seconds. */
  quietSec(probe: string): number {
    return (this.#now() - (this.#arrivedAtMs.get(probe) ?? this.#now())) / 1_000;
  }

  async read(): Promise<readonly LiveProbe[]> {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const probe of touched) {
      const { second, series, recent } = await this.#tails.get(probe)!.read();
      const counted = Object.entries(series).flatMap(([name, counts]) =>
        name.endsWith(ASIDE_SUFFIX) ? [] : [counts],
      );
      const sum = (key: 'started' | 'established' | 'stalled'): number =>
        counted.reduce((total, counts) => total + counts[key], 0);
      const sums = { started: sum('started'), established: sum('established'), stalled: sum('stalled') };
      const { part } = this.#known.get(probe)!;
      const startedPerSec = recent.started.at(-1) ?? 0;
      this.#known.set(probe, { part, second, startedPerSec, quietSec: 0, sums });
    }
    return [...this.#known.values()].map((each) => ({ ...each, quietSec: this.quietSec(each.part.probe) }));
  }
}
