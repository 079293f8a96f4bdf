import type { HistogramsByTag } from '../metrics/histogram.ts';
import { RAMP_SUFFIX } from '../metrics/types.ts';
import type { Arm } from '../scenario/types.ts';
import { medianOf } from './median.ts';
import { measureOnset } from './onset.ts';
import { listOutages } from './outages.ts';
import { recordedTimes } from './recorded-times.ts';
import { countStallSteps } from './stall-steps.ts';
import type { SeriesTally, Tally } from './tally.ts';
import type { ArmSummary } from './types.ts';

/** At most this many outages are listed, or a long soak would fill the summary. The period is computed from all. */
const MOST_RUNS = 200;

type TimeSeries = Pick<ArmSummary, 'byReuseAge' | 'onset' | 'stallSteps' | 'outages'>;

/** When an arm's stalls occurred, at which reuse ages of source ports, and which SYN was answered. */
export function summariseStalls(
  arm: Arm,
  tally: Tally,
  histograms: HistogramsByTag,
  synResentAtSec: readonly number[] | undefined,
): TimeSeries {
  const series = tally.series(arm.name);
  return {
    ...summariseReuse(series),
    ...(arm.load.kind === 'sweep'
      ? {}
      : {
          ...summariseOnset(series, tally.series(`${arm.name}${RAMP_SUFFIX}`)),
          ...summariseOutages(series),
        }),
    ...(synResentAtSec === undefined ? {} : summariseSteps(arm, histograms, synResentAtSec)),
  };
}

function summariseReuse({ counts }: SeriesTally): Pick<TimeSeries, 'byReuseAge'> {
  const byReuseAge = Object.entries(counts.byReuseAge)
    .filter(([, { attempts }]) => attempts > 0)
    .map(([ms, { attempts, stalled }]) => ({ ageSec: Number(ms) / 1_000, attempts, stalled }))
    .sort((a, b) => a.ageSec - b.ageSec);
  return byReuseAge.length === 0 ? {} : { byReuseAge };
}

function summariseOnset(series: SeriesTally, ramp: SeriesTally): Pick<TimeSeries, 'onset'> {
  const onset = measureOnset(series, ramp);
  if (onset === undefined) return {};
  return { onset: { afterSec: onset.afterSec, cleanStarts: onset.cleanStarts } };
}

function summariseOutages({ bySecond }: SeriesTally): Pick<TimeSeries, 'outages'> {
  const found = listOutages(bySecond);
  if (found.length === 0) return {};
  const periods = found.slice(1).map(({ fromSec }, index) => fromSec - found[index]!.fromSec);
  const runs = found
    .slice(0, MOST_RUNS)
    .map(({ fromSec, toSec }) => ({ fromSec: tenths(fromSec), toSec: tenths(toSec) }));
  return { outages: { runs, periodSec: periods.length === 0 ? null : tenths(medianOf(periods)) } };
}

function summariseSteps(
  arm: Arm,
  histograms: HistogramsByTag,
  synResentAtSec: readonly number[],
): Pick<TimeSeries, 'stallSteps'> {
  const times = recordedTimes(histograms.get(`${arm.name}.handshake-service`));
  // The quickest, because the median handshake may have stalled.
  const stallSteps = countStallSteps(times, synResentAtSec, arm.stallAfterUs, times[0]?.us ?? 0);
  return stallSteps.steps.length === 0 && stallSteps.between === 0 ? {} : { stallSteps };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
