import { SoakTally } from '../analysis/soak-tally.ts';
import { summarise } from '../analysis/summarise.ts';
import { Tally } from '../analysis/tally.ts';
import type { RunStatus, Summary } from '../analysis/types.ts';
import type { Histogram } from '../metrics/histogram.ts';
import { addHistogram } from '../metrics/merge.ts';
import { runOf, type SoakRunInfo } from '../store/run-info.ts';
import type { SoakEvent } from '../store/soak-event.ts';
import { countKinds } from '../store/soak-events.ts';
import type { ResumedSoak } from '../store/soak-resume.ts';
import type { ClosedWindow } from '../store/soak-windows.ts';

/** What earlier processes of the same night recorded. */
export type RecordedBefore = Pick<ResumedSoak, 'tally' | 'night' | 'histograms' | 'windows'>;

/**
 * What a night comes to, in memory, window by window as each settles: its verdict has to be told even where nothing can be
 * written any more, or its folder is gone. As large as a run's, whatever its length.
 */
export class NightSums {
  readonly #info: SoakRunInfo;
  readonly #tally: Tally;
  readonly #night: SoakTally;
  readonly #histograms: Map<string, Histogram>;
  #windows: number;

  constructor(info: SoakRunInfo, before?: RecordedBefore) {
    this.#info = info;
    this.#tally = before?.tally ?? new Tally();
    this.#night = before?.night ?? new SoakTally(info.scenario.arms.map(({ name }) => name));
    this.#histograms = before?.histograms ?? new Map();
    this.#windows = before?.windows ?? 0;
  }

  /** Takes windows as they are for good, in order, each once. */
  add(windows: readonly ClosedWindow[]): void {
    for (const { seconds, histograms } of windows) {
      this.#windows += 1;
      for (const frame of seconds) {
        this.#tally.add(frame);
        this.#night.add(frame);
      }
      for (const [tag, histogram] of histograms) addHistogram(this.#histograms, tag, histogram);
    }
  }

  /** The same summary as the folder would give, were all of it written. */
  summarise(status: RunStatus, endedAt: string, events: readonly Pick<SoakEvent, 'kind'>[]): Summary {
    const { scenario, soak, nat, synResentAtSec } = this.#info;
    return summarise({
      run: runOf(this.#info, status, endedAt),
      ...{ scenario, tally: this.#tally, histograms: this.#histograms },
      ...(nat === undefined ? {} : { nat: nat.ports }),
      ...(synResentAtSec === undefined ? {} : { synResentAtSec }),
      soak: this.#night.read({
        ...{ windows: this.#windows, windowSec: soak.windowSec, events: countKinds(events) },
      }),
    });
  }
}
