import type { ArmSummary } from '../../src/analysis/types.ts';
import { emptyCounts } from '../../src/metrics/counts.ts';
import { createHistogram, type Histogram, recordUs } from '../../src/metrics/histogram.ts';
import type { Frame, SeriesCounts } from '../../src/metrics/types.ts';
import { parseCriterion } from '../../src/scenario/criteria.ts';
import type { Load } from '../../src/scenario/load-types.ts';
import type { Arm, Scenario } from '../../src/scenario/types.ts';
import { armSummary } from '../render/fixtures.ts';

const SECOND_US = 1_000_000;

/** Seconds, in microseconds. */
export function sec(seconds: number): number {
  return seconds * SECOND_US;
}

export function hold(ratePerSec: number, seconds: number): Load {
  return { kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs: sec(seconds) }] };
}

/** An arm `stress` that holds 10/s for 10 s. */
export function armOf(changes: Partial<Arm> = {}): Arm {
  return {
    name: 'stress',
    via: 'tcp',
    target: { scheme: 'http', host: '10.0.0.1', port: 3_128, path: '' },
    request: { method: 'GET', version: '1.1', headers: [], body: '' },
    expect: { kind: 'established' },
    load: hold(10, 10),
    handshakeTimeoutUs: sec(10),
    responseTimeoutUs: sec(15),
    stallAfterUs: 900_000,
    close: 'fin',
    holdUs: 0,
    socket: { bind: [] },
    ...changes,
  };
}

export function scenarioOf(changes: Partial<Scenario> & { criteria?: readonly string[] } = {}): Scenario {
  const { criteria = [], ...rest } = changes;
  return {
    schema: 1,
    name: 'test',
    description: '',
    farEnd: 'none',
    arms: [armOf()],
    pass: criteria.map(parseCriterion),
    findings: [],
    ...rest,
  };
}

/** A frame of the series that are named; what is not said of one is zero. */
export function frameOf(second: number, series: Record<string, Partial<SeriesCounts>>): Frame {
  const whole = Object.entries(series).map(([name, counts]) => [name, { ...emptyCounts(), ...counts }]);
  return { second, series: Object.fromEntries(whole), open: 0, stallsLeftOut: 0 };
}

/** Attempts that all went well. */
export function fine(count: number): Partial<SeriesCounts> {
  return {
    scheduled: count,
    started: count,
    established: count,
    completed: count,
    outcomes: { ok: count },
  };
}

export function histogramOf(...values: number[]): Histogram {
  const histogram = createHistogram();
  for (const value of values) recordUs(histogram, value);
  return histogram;
}

/** The summary of an arm with some of its figures changed; `stalled` may be given in part. */
export function summaryOf(
  changes: Partial<Omit<ArmSummary, 'stalled'>> & { stalled?: Partial<ArmSummary['stalled']> },
): ArmSummary {
  const whole = armSummary();
  return { ...whole, ...changes, stalled: { ...whole.stalled, ...changes.stalled } };
}
