import { Counter, Gauge, Registry } from 'prom-client';
import { COUNTERS, measuredResentOf, resentOf } from '../metrics/counts.ts';
import type { Quantiles } from '../metrics/histogram.ts';
import { type Frame, LATENESS_TAG, type RecordedSecond, type SeriesCounts } from '../metrics/types.ts';
import {
  FATES,
  METRICS,
  type Metric,
  PLAIN_COUNTERS,
  SHOWN_QUANTILES,
  SHOWN_TIMES,
} from '../render/metric-names.ts';
import { NameLabels } from './name-labels.ts';
import { splitSeries } from './series.ts';
import type { RunIdentity } from './types.ts';
import { WorstQuantiles } from './worst-quantiles.ts';

type Labels = Record<string, string>;

/**
 * Only `rushhour_run_info` has the id of a run: with it in every label, each night would leave series of its own, and
 * a database that keeps months would fill up with them.
 */
const RUN_LABELS = ['scenario', 'host', 'site'] as const;
const SERIES_LABELS = [...RUN_LABELS, 'arm', 'phase'] as const;

/** The figures of the run under way as Prometheus reads them. */
export class RunRegistry {
  readonly #registry = new Registry();
  readonly #counters = new Map(
    Object.entries(PLAIN_COUNTERS).map(([name, metric]) => [name, this.#counter(metric, SERIES_LABELS)]),
  );
  readonly #stalled = this.#counter(METRICS.stalled, [...SERIES_LABELS, 'fate']);
  readonly #outcomes = this.#counter(METRICS.outcomes, [...SERIES_LABELS, 'outcome']);
  readonly #resent = this.#counter(METRICS.requestsResent, SERIES_LABELS);
  readonly #resentMeasured = this.#counter(METRICS.requestsResentMeasured, SERIES_LABELS);
  readonly #cuts = this.#counter(METRICS.cuts, [...SERIES_LABELS, 'how']);
  readonly #responses = this.#counter(METRICS.responses, [...SERIES_LABELS, 'to', 'status']);
  readonly #names = this.#counter(METRICS.names, [...SERIES_LABELS, 'kind', 'name']);
  readonly #nameLabels = new NameLabels();
  readonly #statusLabels = new StatusLabels();
  readonly #seconds = this.#counter(METRICS.seconds, RUN_LABELS);
  readonly #open = this.#gauge(METRICS.open, RUN_LABELS);
  readonly #lastSecond = this.#gauge(METRICS.lastSecond, RUN_LABELS);
  readonly #info = this.#gauge(METRICS.runInfo, [...RUN_LABELS, 'run', 'label', 'engine']);
  readonly #lateness = this.#gauge(METRICS.lateness, [...RUN_LABELS, 'quantile']);
  readonly #times = SHOWN_TIMES.map(
    ([timed]) => [timed, this.#gauge(METRICS[timed], [...SERIES_LABELS, 'quantile'])] as const,
  );
  readonly #worst = new WorstQuantiles();
  #labels: Labels = { scenario: '', host: '' };

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** @param before what the counters go on from */
  begin({ runId, scenario, host, site, label, engine }: RunIdentity, before?: Frame): void {
    this.#labels = { scenario, host, ...(site !== undefined && { site }) };
    this.#info.set({ ...this.#labels, run: runId, label, engine }, 1);
    this.#seconds.add(this.#labels, 0);
    if (before !== undefined) this.#count(before);
  }

  add({ atMs, frame, quantiles }: RecordedSecond): void {
    this.#count(frame);
    this.#seconds.add(this.#labels, 1);
    this.#open.set(this.#labels, frame.open);
    this.#lastSecond.set(this.#labels, atMs / 1_000);
    this.#worst.add(quantiles);
    this.#show(this.#lateness, this.#labels, this.#worst.of(LATENESS_TAG));
    for (const series of this.#worst.tags()) {
      for (const [timed, gauge] of this.#times) {
        if (!series.endsWith(`.${timed}`)) continue;
        const labels = { ...this.#labels, ...splitSeries(series.slice(0, -timed.length - 1)) };
        this.#show(gauge, labels, this.#worst.of(series));
      }
    }
  }

  /** In Prometheus's text format. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  #count({ series }: Frame): void {
    for (const [name, counts] of Object.entries(series)) {
      this.#countSeries({ ...this.#labels, ...splitSeries(name) }, counts);
    }
  }

  #countSeries(labels: Labels, counts: SeriesCounts): void {
    // Including zeros: Prometheus sees a counter rise only from a value that it has scraped.
    for (const name of COUNTERS) this.#counters.get(name)?.add(labels, counts[name] ?? 0);
    for (const fate of FATES) this.#stalled.add({ ...labels, fate }, counts[fate]);
    const measured = measuredResentOf(counts);
    if (measured > 0) {
      this.#resent.add(labels, resentOf(counts));
      this.#resentMeasured.add(labels, measured);
    }
    for (const [outcome, count] of Object.entries(counts.outcomes)) {
      this.#outcomes.add({ ...labels, outcome }, count);
    }
    for (const { count, ...said } of this.#nameLabels.of(counts))
      this.#names.add({ ...labels, ...said }, count);
    for (const [how, count] of Object.entries(counts.cuts ?? {})) this.#cuts.add({ ...labels, how }, count);
    this.#countResponses({ ...labels, to: 'request' }, counts.statuses);
    this.#countResponses({ ...labels, to: 'connect' }, counts.tunnelStatuses);
  }

  /** @param statuses absent in frames of an earlier version */
  #countResponses(labels: Labels, statuses: SeriesCounts['statuses'] | undefined): void {
    for (const [status, count] of Object.entries(statuses ?? {})) {
      this.#responses.add({ ...labels, status: this.#statusLabels.of(status) }, count);
    }
  }

  /** What has not been timed lately has no value, rather than its last. */
  #show(gauge: Gauge, labels: Labels, quantiles: Quantiles | undefined): void {
    for (const [name, quantile] of SHOWN_QUANTILES) {
      const shown = { ...labels, quantile };
      if (quantiles === undefined) gauge.remove(shown);
      else gauge.set(shown, quantiles[name] / 1_000_000);
    }
  }

  #counter({ name, help }: Metric, labelNames: readonly string[]): MonotonicCounter {
    return new MonotonicCounter(
      new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] }),
    );
  }

  #gauge({ name, help }: Metric, labelNames: readonly string[]): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}

/**
 * A counter that never falls, because Prometheus takes a fall for a restart. An increment may be negative: an attempt
 * counted as started may turn out in the next second not to have been sent. It is then deducted from the increments
 * that follow.
 */
class MonotonicCounter {
  readonly #counter: Counter;
  readonly #owed = new Map<string, number>();

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  add(labels: Record<string, string>, increment: number): void {
    const key = Object.values(labels).join('\n');
    const due = (this.#owed.get(key) ?? 0) + increment;
    this.#owed.set(key, Math.min(0, due));
    this.#counter.inc(labels, Math.max(0, due));
  }
}

/**
 * How many statuses of a run have a label of their own. Far ends use a handful; one that uses every status there is
 * would otherwise fill the database with series.
 */
const MOST_LABELS = 24;

/** The label of a status: its own for the first ones, its class for those that come later. */
class StatusLabels {
  readonly #own = new Set<string>();

  of(status: string): string {
    if (this.#own.has(status)) return status;
    if (this.#own.size >= MOST_LABELS) return /^\d/.test(status) ? `${status.slice(0, 1)}xx` : status;
    this.#own.add(status);
    return status;
  }
}
