import { COUNTERS, measuredResentOf, resentOf, stalledOf } from '../metrics/counts.ts';
import type { Quantiles } from '../metrics/histogram.ts';
import { LATENESS_TAG, type RecordedSecond, type SeriesCounts } from '../metrics/types.ts';
import { type Point, renderPoint } from '../render/line-protocol.ts';
import {
  cutField,
  MEASUREMENTS,
  outcomeField,
  quantileField,
  RESENT_FIELDS,
  SHOWN_QUANTILES,
  SHOWN_TIMES,
  statusField,
} from '../render/metric-names.ts';
import { NameLabels } from './name-labels.ts';
import { splitSeries } from './series.ts';
import type { RunIdentity } from './types.ts';

/**
 * One recorded second as lines of InfluxDB's protocol: one for the run, one for each series that did something, and one for
 * each name that was said in it.
 */
export function linesOf(run: RunIdentity, recorded: RecordedSecond, labels = new NameLabels()): string[] {
  return pointsOf(run, recorded, labels).map(renderPoint);
}

function pointsOf(
  { runId, scenario, label, host, site }: RunIdentity,
  recorded: RecordedSecond,
  labels: NameLabels,
): Point[] {
  const { atMs, frame, quantiles } = recorded;
  const tags = { run: runId, scenario, label, host, ...(site !== undefined && { site }) };
  const whole: Point = {
    measurement: MEASUREMENTS.run,
    tags,
    fields: { open: frame.open, ...quantileFields('lateness', quantiles.get(LATENESS_TAG)) },
    atMs,
  };
  const series = Object.entries(frame.series).map(([name, counts]): Point => {
    const times = SHOWN_TIMES.map(([timed, stem]) => quantileFields(stem, quantiles.get(`${name}.${timed}`)));
    return {
      measurement: MEASUREMENTS.series,
      tags: { ...tags, ...splitSeries(name) },
      fields: Object.assign(countFields(counts), ...times),
      atMs,
    };
  });
  const names = Object.entries(frame.series).flatMap(([name, counts]) =>
    labels.of(counts).map(({ count, ...said }): Point => {
      return {
        measurement: MEASUREMENTS.names,
        tags: { ...tags, ...splitSeries(name), ...said },
        fields: { count },
        atMs,
      };
    }),
  );
  return [whole, ...series, ...names];
}

/**
 * Every counter, including zeros: a missing field reads as "no data", not as none. Outcomes and statuses only if there
 * were any.
 */
function countFields(counts: SeriesCounts): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const name of COUNTERS) fields[name] = counts[name] ?? 0;
  fields['stalled'] = stalledOf(counts);
  const measured = measuredResentOf(counts);
  if (measured > 0) {
    fields[RESENT_FIELDS.count] = resentOf(counts);
    fields[RESENT_FIELDS.measured] = measured;
  }
  for (const [outcome, count] of Object.entries(counts.outcomes)) fields[outcomeField(outcome)] = count;
  for (const [how, count] of Object.entries(counts.cuts ?? {})) fields[cutField(how)] = count;
  for (const [status, count] of Object.entries(counts.statuses ?? {}))
    fields[statusField(status, false)] = count;
  for (const [status, count] of Object.entries(counts.tunnelStatuses ?? {}))
    fields[statusField(status, true)] = count;
  return fields;
}

function quantileFields(stem: string, quantiles: Quantiles | undefined): Record<string, number> {
  if (quantiles === undefined || quantiles.count === 0) return {};
  return Object.fromEntries(SHOWN_QUANTILES.map(([name]) => [quantileField(stem, name), quantiles[name]]));
}
