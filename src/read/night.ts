import type { Diagnosis } from '../analysis/causes/diagnosis.ts';
import type { Stretch } from '../analysis/findings/finder.ts';
import { combineNight, type Weighed } from '../analysis/night/combine.ts';
import { findIllPeriods } from '../analysis/night/periods.ts';
import type { Tally } from '../analysis/tally.ts';
import type { Summary } from '../analysis/types.ts';
import { createHistogram, type Histogram } from '../metrics/histogram.ts';
import { CommittedRange, framesOf } from '../store/run-frames.ts';
import type { RunInfo } from '../store/run-info.ts';
import { eachInterval } from '../store/run-intervals.ts';
import { SessionSums } from './session-sums.ts';

/** Periods that are weighed by themselves, those with most windows: each keeps a histogram of 92 KB for each kind of time. */
const MOST_PERIODS = 8;

/**
 * The diagnosis of a soak from all its windows: where it was ill at times only, each such period is weighed by itself, from the
 * windows that lie in it. Of anything but a soak it is that of the whole.
 * @param sums of everything that the folder holds
 * @param summary made of them
 */
export async function diagnoseNight(
  dir: string,
  info: RunInfo,
  sums: Pick<SessionSums, 'tally'>,
  { diagnosis, run, arms }: Pick<Summary, 'diagnosis' | 'run' | 'arms'>,
): Promise<Diagnosis | undefined> {
  const { soak, scenario } = info;
  if (diagnosis === undefined || soak === undefined) return diagnosis;
  const ill = findIllPeriods(scenario.arms, sums.tally, soak.windowSec);
  const chosen = ill.periods
    .toSorted((a, b) => b.toSec - b.fromSec - (a.toSec - a.fromSec))
    .slice(0, MOST_PERIODS)
    .toSorted((a, b) => a.fromSec - b.fromSec);
  const weighed = diagnosis.verdict === 'none' ? [] : await weighPeriods(dir, info, chosen);
  return combineNight({
    ...{ whole: diagnosis, ill, weighed, startedAtMs: Date.parse(run.startedAt) },
    started: Object.fromEntries(Object.entries(arms).map(([name, { started }]) => [name, started])),
    outside: countOutside(sums.tally, Object.keys(arms), ill.periods),
  });
}

async function weighPeriods(
  dir: string,
  info: RunInfo,
  stretches: readonly Stretch[],
): Promise<readonly Weighed[]> {
  if (stretches.length === 0) return [];
  const parts = stretches.map((stretch) => ({
    stretch,
    sums: new SessionSums(info),
    histograms: new Map<string, Histogram>(),
  }));
  const partAt = (second: number) =>
    parts.find(({ stretch }) => second >= stretch.fromSec && second < stretch.toSec);
  const reach = new CommittedRange();
  for await (const frame of framesOf(dir, info, reach)) partAt(frame.second)?.sums.addFrame(frame);
  await eachInterval(dir, reach, ({ tag, second, addTo }) => {
    const histograms = partAt(second)?.histograms;
    if (histograms === undefined) return;
    const sum = histograms.get(tag) ?? createHistogram();
    if (addTo(sum)) histograms.set(tag, sum);
  });
  return parts.flatMap(({ stretch, sums, histograms }) => {
    sums.addWindows(0, histograms);
    const endedAt = new Date(Date.parse(info.startedAt) + stretch.toSec * 1_000).toISOString();
    const { diagnosis } = sums.summarise('complete', endedAt, []);
    return diagnosis === undefined ? [] : [{ stretch, diagnosis }];
  });
}

function countOutside(
  tally: Tally,
  arms: readonly string[],
  periods: readonly Stretch[],
): { readonly started: number; readonly ill: number } {
  const sum = { started: 0, ill: 0 };
  for (const arm of arms) {
    for (const [second, { started, stalled, refused }] of tally.series(arm).bySecond) {
      if (periods.some(({ fromSec, toSec }) => second >= fromSec && second < toSec)) continue;
      sum.started += started;
      sum.ill += stalled + refused;
    }
  }
  return sum;
}
