import { STATUS_KEYS } from '../../metrics/statuses.ts';
import { OUTCOME_GROUPS, OUTCOMES, type Outcome } from '../../outcome/outcome.ts';
import { type Estimate, estimateMean, estimateQuantile, estimateShare } from './estimate.ts';
import {
  type PartTimeSeries,
  poolRuns,
  type Ratio,
  type ReducedRun,
  ratioOf,
  reduceSeries,
  type Units,
} from './ratio.ts';
import { countAtMost, mergeSpectra, quantileAt } from './time-sample.ts';
import {
  type ArmTimeSeries,
  COMPARED_QUANTILES,
  COMPARED_TIMES,
  type ComparedQuantile,
  type ComparedTime,
  type LineUnit,
} from './types.ts';

/** A figure by which two sides can be compared. */
export interface Figure {
  readonly name: string;
  readonly unit: LineUnit;
  readonly good: 'low' | 'high';
  /** `stalls` and `others` decide the overall verdict, `aside` does not. */
  readonly role: 'stalls' | 'others' | 'aside';
  /** Undefined if there was nothing to measure; without `estimate` if there was too little data for bounds. */
  measure(runs: readonly ArmTimeSeries[], units: Units): Measured | undefined;
}

export interface Measured {
  readonly value: number;
  /** Attempts, or times. */
  readonly whole: number;
  readonly estimate: Estimate | undefined;
}

/** A figure that can be taken from what was reduced of each run, so that many runs need not be kept. */
export interface ShareFigure extends Figure {
  reduce(run: ArmTimeSeries): ReducedRun;
  measureReduced(runs: readonly ReducedRun[]): Measured | undefined;
}

/** The figures that decide a verdict, whatever else occurred. @param isConcluded whether `concluded` was counted in any run */
export function listDeciding(isConcluded: boolean): ShareFigure[] {
  return [
    shareFigure('stalled.rate', 'stalled', 'started', 'low', 'stalls'),
    // Connections whose request another continued are neither completed nor failed.
    shareFigure('completedShare', 'completed', isConcluded ? 'concluded' : 'started', 'high', 'others'),
  ];
}

/**
 * Every figure by which arms are compared, in display order. Outcomes and statuses that never occurred are left out.
 */
export function listFigures(runs: readonly ArmTimeSeries[]): Figure[] {
  const seen = new Set(runs.flatMap(({ cells }) => cells.keys));
  const outcomes = OUTCOMES.filter((name) => OUTCOME_GROUPS[name] !== 'ok' && seen.has(outcomeKey(name)));
  const [stalled, ...deciding] = listDeciding(seen.has('concluded'));
  return [
    stalled!,
    shareFigure('frozen.rate', 'frozen', 'started', 'low', 'aside'),
    ...deciding,
    ...(seen.has(RESENT_KEYS.measured)
      ? [shareFigure('requestsResent.rate', RESENT_KEYS.count, RESENT_KEYS.measured, 'low', 'aside')]
      : []),
    ...outcomes.map((name) => shareFigure(`outcomes.${name}`, outcomeKey(name), 'scheduled', 'low', 'aside')),
    ...listOfferFigures(seen),
    ...listStatusFigures(runs, seen),
    ...COMPARED_TIMES.flatMap((time) =>
      (Object.keys(COMPARED_QUANTILES) as ComparedQuantile[]).map((quantile) =>
        quantileFigure(time, quantile),
      ),
    ),
    ...(seen.has('requests') ? [connectionsPerRequest] : []),
    ...(seen.has(BROWSING_KEYS.pages) ? BROWSING_FIGURES : []),
    achievedPerSec,
  ];
}

/** Key of an outcome among an arm's cells. */
export function outcomeKey(outcome: Outcome): string {
  return `outcomes.${outcome}`;
}

/** Prefix of the counts of attempts challenged only with other schemes, by those schemes. */
export const OFFERS = 'schemesOffered.';

/**
 * Keys, among an arm's cells, of the connections with a retransmitted request, and of all for which that is known.
 */
export const RESENT_KEYS = { count: 'requestsResent', measured: 'requestsResent.measured' } as const;

/** Prefixes of response counts among an arm's cells: to its requests, and to CONNECT. */
export const STATUS_COUNTS = ['statuses', 'tunnelStatuses'] as const;

/** Key of all responses among an arm's cells. */
export function answersKey(counts: (typeof STATUS_COUNTS)[number]): string {
  return `${counts}.*`;
}

/** Whether a figure of this name would be a status, which need not have occurred. */
export function isStatusFigure(name: string): boolean {
  return /^(statuses|tunnelStatuses)\.([1-5]\d\d|other)$/.test(name);
}

/**
 * The share of each unexpected status in all responses: if the arm lists expected statuses, any other; otherwise all
 * but 2xx. Expected statuses make up the rest and have no line.
 */
function listStatusFigures(runs: readonly ArmTimeSeries[], seen: ReadonlySet<string>): Figure[] {
  const own = new Set(runs.flatMap(({ ownStatuses = [] }) => ownStatuses.map(String)));
  return STATUS_COUNTS.flatMap((counts) =>
    STATUS_KEYS.filter((status) => seen.has(`${counts}.${status}`))
      .filter((status) => !own.has(status) && !status.startsWith('2'))
      .map((status) =>
        shareFigure(`${counts}.${status}`, `${counts}.${status}`, answersKey(counts), 'low', 'aside'),
      ),
  );
}

function listOfferFigures(seen: ReadonlySet<string>): Figure[] {
  return [...seen]
    .filter((key) => key.startsWith(OFFERS))
    .sort()
    .map((key) => shareFigure(key, key, 'scheduled', 'low', 'aside'));
}

function shareFigure(
  name: string,
  part: string,
  whole: string,
  good: Figure['good'],
  role: Figure['role'],
): ShareFigure {
  return {
    ...{ name, unit: 'share', good, role },
    measure(runs, units) {
      const ratio = ratioOf(
        runs.map(({ cells }) => partTimeSeries(cells, part, whole)),
        units,
      );
      return measuredFrom(ratio, estimateShare);
    },
    reduce: ({ cells }) => reduceSeries(partTimeSeries(cells, part, whole)),
    measureReduced: (runs) => measuredFrom(poolRuns(runs), estimateShare),
  };
}

const connectionsPerRequest = meanFigure('connectionsPerRequest', 'started', 'requests');

/** Keys, among an arm's cells, of what is counted of browsers. */
export const BROWSING_KEYS = {
  ...{ pages: 'browsing.pages', challenges: 'browsing.challenges' },
  /** Connections open at the end of a second, and seconds for which that is known. */
  ...{ open: 'ports.open', seconds: 'ports.seconds' },
} as const;

/** Ports are those of the average second: how much the highest one varies no single run shows. */
const BROWSING_FIGURES: readonly Figure[] = [
  meanFigure('browsing.connectionsPerPage', 'started', BROWSING_KEYS.pages),
  meanFigure('browsing.challengesPerPage', BROWSING_KEYS.challenges, BROWSING_KEYS.pages),
  meanFigure('ports.open.mean', BROWSING_KEYS.open, BROWSING_KEYS.seconds),
];

/** One count for each of another. */
function meanFigure(name: string, part: string, whole: string): Figure {
  return {
    ...{ name, unit: 'ratio', good: 'low', role: 'aside' },
    measure(runs, units) {
      const ratio = ratioOf(
        runs.map(({ cells }) => partTimeSeries(cells, part, whole)),
        units,
      );
      return measuredFrom(ratio, estimateMean);
    },
  };
}

const achievedPerSec: Figure = {
  name: 'achievedPerSec',
  unit: 'perSec',
  good: 'high',
  role: 'aside',
  measure(runs, units) {
    const ratio = ratioOf(runs.map(startsOverTime), units);
    return measuredFrom(ratio, estimateMean);
  },
};

/** Time as the summary measures it, spread evenly: a phase may begin in the middle of a second. */
function startsOverTime({ cells, summary }: ArmTimeSeries): PartTimeSeries {
  const part = cells.column('started');
  const seconds = summary.achievedPerSec > 0 ? summary.started / summary.achievedPerSec : 0;
  return { part, whole: part.map(() => seconds / part.length), seconds: cells.seconds };
}

function partTimeSeries(cells: ArmTimeSeries['cells'], part: string, whole: string): PartTimeSeries {
  return { part: cells.column(part), whole: cells.column(whole), seconds: cells.seconds };
}

function measuredFrom(
  ratio: Ratio | undefined,
  estimate: (ratio: Ratio & { spread: NonNullable<Ratio['spread']> }) => Estimate,
): Measured | undefined {
  if (ratio === undefined) return undefined;
  const { value, whole, spread } = ratio;
  return { value, whole, estimate: spread && estimate({ value, whole, spread }) };
}

function quantileFigure(time: ComparedTime, quantile: ComparedQuantile): Figure {
  return {
    ...{ name: `${time}.${quantile}`, unit: 'us', good: 'low', role: 'aside' },
    measure: (runs, units) => measureQuantile(runs, units, time, quantile),
  };
}

function measureQuantile(
  runs: readonly ArmTimeSeries[],
  units: Units,
  time: ComparedTime,
  quantile: ComparedQuantile,
): Measured | undefined {
  const samples = runs.flatMap(({ times, cells }) => {
    const sample = times.get(time);
    return sample === undefined || sample.counts.length === 0 ? [] : [{ ...sample, seconds: cells.seconds }];
  });
  if (samples.length === 0) return undefined;
  const share = COMPARED_QUANTILES[quantile];
  const spectrum = mergeSpectra(samples.map(({ spectrum, stride }) => ({ spectrum, weight: stride })));
  const [only] = samples;
  const valueUs =
    samples.length === 1 ? (only?.quantiles.get(quantile)?.us ?? 0) : quantileAt(spectrum, share);
  const ratio = ratioOf(
    samples.map((sample): PartTimeSeries => {
      const total = sample.spectrum.atMost.at(-1) ?? 0;
      if (units === 'runs') {
        const part = Float64Array.of(countAtMost(sample.spectrum, valueUs));
        return { part, whole: Float64Array.of(total), seconds: sample.seconds };
      }
      const part = Float64Array.from(sample.quantiles.get(quantile)?.atMost ?? []);
      return { part, whole: Float64Array.from(sample.counts), seconds: sample.seconds };
    }),
    units,
  );
  return (
    measuredFrom(ratio, (known) => estimateQuantile(valueUs, share, known, spectrum)) && {
      value: valueUs,
      whole: ratio?.whole ?? 0,
      estimate:
        ratio?.spread && estimateQuantile(valueUs, share, { ...ratio, spread: ratio.spread }, spectrum),
    }
  );
}
