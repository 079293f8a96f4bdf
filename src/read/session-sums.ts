import { observe } from '../analysis/observations/observe.ts';
import type { Observations } from '../analysis/observations/types.ts';
import { SessionTally } from '../analysis/session-tally.ts';
import { summarise } from '../analysis/summarise.ts';
import { Tally } from '../analysis/tally.ts';
import type { Summary } from '../analysis/types.ts';
import type { FarSummary } from '../metrics/far.ts';
import type { Histogram } from '../metrics/histogram.ts';
import { addHistogram } from '../metrics/merge.ts';
import type { SettledFrame } from '../metrics/set-aside.ts';
import { type RunInfo, sessionOf } from '../store/run-info.ts';
import { countKinds, type SessionEvent } from '../store/session-events.ts';
import type { ClosedWindow } from '../store/soak-windows.ts';

/**
 * Sums of a run or soak in memory, updated as each second settles, so that there is a verdict even if nothing can be
 * written or the folder is gone. A reader computes the same sums from the folder.
 */
export class SessionSums {
  readonly tally = new Tally();
  /** By tag. */
  readonly histograms = new Map<string, Histogram>();
  #info: RunInfo;
  readonly #seconds: SessionTally;
  #windows = 0;

  constructor(info: RunInfo) {
    this.#info = info;
    this.#seconds = new SessionTally(info.scenario.arms.map(({ name }) => name));
  }

  /** Further arms of a run that chooses them. */
  extend(info: RunInfo): void {
    this.#info = info;
    this.#seconds.extend(info.scenario.arms.map(({ name }) => name));
  }

  /** What causes are weighed by, of all that has settled so far. */
  observe(): Observations {
    const { scenario, nat } = this.#info;
    const summary = this.summarise('running', this.#info.startedAt, []);
    return observe({ scenario, tally: this.tally, summary, nat: nat?.ports });
  }

  /** Takes windows as they are for good, in order, each once. */
  add(windows: readonly ClosedWindow[]): void {
    for (const window of windows) {
      for (const frame of window.seconds) this.addFrame(frame);
      this.#windows += 1;
      window.addHistogramsTo(this.histograms);
    }
  }

  /** @param frame of which it is settled whether it counts */
  addFrame(frame: SettledFrame): void {
    this.tally.add(frame);
    this.#seconds.add(frame);
  }

  /** @param histograms of so many windows whose frames were added before */
  addWindows(count: number, histograms: Iterable<readonly [tag: string, histogram: Histogram]>): void {
    this.#windows += count;
    for (const [tag, histogram] of histograms) addHistogram(this.histograms, tag, histogram);
  }

  /** @param both what both sides of it captured; absent: no far side was joined */
  summarise(
    status: Summary['run']['status'],
    endedAt: string,
    events: readonly Pick<SessionEvent, 'kind'>[],
    both?: FarSummary,
  ): Summary {
    const { scenario, soak, nat, synResentAtSec, inquiry } = this.#info;
    const kinds = countKinds(events);
    const timeSeries =
      soak === undefined
        ? this.#seconds.readRun(kinds)
        : this.#seconds.read({ windows: this.#windows, windowSec: soak.windowSec, events: kinds });
    return summarise({
      run: runOf(this.#info, status, endedAt),
      ...{ scenario, tally: this.tally, histograms: this.histograms },
      ...(nat === undefined ? {} : { nat: nat.ports }),
      ...(synResentAtSec === undefined ? {} : { synResentAtSec }),
      ...(timeSeries === undefined ? {} : { timeSeries }),
      ...(both === undefined ? {} : { both }),
      ...(inquiry === undefined ? {} : { untried: inquiry.untried }),
      wasResumed: (sessionOf(this.#info)?.processes.length ?? 1) > 1,
    });
  }
}

/** The part of a run that its summary repeats. */
function runOf(info: RunInfo, status: Summary['run']['status'], endedAt: string): Summary['run'] {
  const { id, scenario, label, startedAt, engine, reactor, stallsByTcpInfo } = info;
  const by = { engine, ...(reactor === undefined ? {} : { reactor }) };
  return { id, scenario: scenario.name, label, startedAt, endedAt, status, ...by, stallsByTcpInfo };
}
