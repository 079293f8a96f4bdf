import type { ArmSummary, Quantiles, Summary } from '../../src/analysis/types.ts';

/** Quantiles that grow from a median as measured ones do. */
export function quantiles(p50: number, max = p50 * 10): Quantiles {
  return { count: 1_000, min: p50 / 2, mean: p50, p50, p90: p50 * 2, p99: p50 * 4, p999: p50 * 8, max };
}

export const NOTHING: Quantiles = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

export function armSummary(over: Partial<ArmSummary> = {}): ArmSummary {
  const times = { handshakeUs: quantiles(310), firstByteUs: quantiles(1_230), totalUs: quantiles(1_500) };
  return {
    scheduled: 60_000,
    started: 60_000,
    unsent: 0,
    established: 60_000,
    completed: 60_000,
    completedShare: 1,
    achievedPerSec: 2_000,
    requests: 60_000,
    connectionsPerRequest: 1,
    challenges: 0,
    stalled: {
      count: 0,
      rate: 0,
      ci95: [0, 0.000064],
      recovered: 0,
      frozen: 0,
      unresolved: 0,
      ratePerFrame: { p50: 0, p99: 0, max: 0 },
    },
    healed: 0,
    slow: 0,
    synRetransmits: { '0': 60_000 },
    outcomes: { ok: 60_000 },
    statuses: { '200': 60_000 },
    tunnelStatuses: {},
    bytes: 9_000_000,
    ...times,
    service: times,
    endpoints: { '10.0.0.5:3128': { started: 60_000, established: 60_000, completed: 60_000, stalled: 0 } },
    ...over,
  };
}

export function summary(over: Partial<Summary> = {}): Summary {
  return {
    schema: 1,
    run: {
      id: '20250131-060000-steady-k3f9',
      scenario: 'steady',
      label: 'timer 60 s',
      startedAt: '2025-01-31T06:00:00.000Z',
      endedAt: '2025-01-31T06:00:31.000Z',
      status: 'complete',
      engine: 'raw',
      stallsByTcpInfo: true,
    },
    verdict: {
      pass: true,
      criteria: [{ text: 'stress.stalled.rate < 0.1%', value: 0, held: true }],
      generatorLimited: false,
      reasons: [],
    },
    arms: { stress: armSummary() },
    latenessUs: quantiles(26),
    findings: [],
    ...over,
  };
}

/** An arm behind a firewall that freezes some handshakes. */
export const STALLING: ArmSummary = armSummary({
  started: 59_990,
  unsent: 10,
  established: 59_900,
  completed: 59_865,
  completedShare: 59_865 / 59_990,
  stalled: {
    count: 120,
    rate: 0.002,
    ci95: [0.001674, 0.00239],
    recovered: 30,
    frozen: 90,
    unresolved: 0,
    ratePerFrame: { p50: 0, p99: 0.012, max: 0.018 },
  },
  healed: 7,
  slow: 3,
  synRetransmits: { '0': 59_863, '1': 20, '2': 17, '10': 90 },
  outcomes: { ok: 59_865, 'handshake-timeout': 90, 'response-reset': 35, 'unsent-late': 10 },
  firstByteUs: quantiles(1_230, 2_130_000),
  service: { handshakeUs: quantiles(310), firstByteUs: quantiles(1_230, 30_000), totalUs: quantiles(1_500) },
  endpoints: {
    '10.0.0.5:3128': { started: 29_995, established: 29_905, completed: 29_870, stalled: 120 },
    '[fd00::5]:3128': { started: 29_995, established: 29_995, completed: 29_995, stalled: 0 },
  },
});
