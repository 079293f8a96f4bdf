import { COUNTERS, type Counter } from '../metrics/counts.ts';
import type { Named } from '../metrics/named-counts.ts';
import type { Timed } from '../metrics/types.ts';

/** Names in databases: measurements and fields of the line protocol, Prometheus metrics. */

/** Measurements of the line protocol: per series, per series and name, and per run. */
export const MEASUREMENTS = { series: 'rushhour', names: 'rushhour_names', run: 'rushhour_run' } as const;

/** Times sent to databases, with the stem of their names; others are only in the run's folder. */
export const SHOWN_TIMES = [
  ['handshake', 'handshake'],
  ['firstByte', 'first_byte'],
  ['total', 'total'],
] as const satisfies readonly (readonly [Timed, string])[];

/** Quantiles sent to databases, with Prometheus's value of the label `quantile`. */
export const SHOWN_QUANTILES = [
  ['p50', '0.5'],
  ['p90', '0.9'],
  ['p99', '0.99'],
  ['max', '1'],
] as const;

/** Field of one quantile of a time, microseconds: handshake_p99_us. */
export function quantileField(stem: string, quantile: string): string {
  return `${stem}_${quantile}_us`;
}

/**
 * Field of an outcome: outcome_handshake_timeout. Without hyphens, which PromQL, used by VictoriaMetrics, does not
 * allow.
 */
export function outcomeField(outcome: string): string {
  return `outcome_${outcome.replaceAll('-', '_')}`;
}

/** Field for held connections that were cut, by how: cut_silence, cut_RST. */
export function cutField(how: string): string {
  return `cut_${how}`;
}

/**
 * Field of a status: status_200, tunnel_status_403.
 * @param toConnect a status of the proxy's response to CONNECT
 */
export function statusField(status: string, toConnect: boolean): string {
  return `${toConnect ? 'tunnel_' : ''}status_${status}`;
}

/** Fields for retransmitted requests, and for requests for which that is known; absent if it was not measured. */
export const RESENT_FIELDS = { count: 'requests_resent', measured: 'requests_resent_measured' } as const;

/** The fields of `rushhour`, except its outcomes and statuses, and those of `rushhour_run`. */
export const SERIES_FIELDS: readonly string[] = [
  ...COUNTERS,
  'stalled',
  ...Object.values(RESENT_FIELDS),
  ...SHOWN_TIMES.flatMap(([, stem]) => SHOWN_QUANTILES.map(([quantile]) => quantileField(stem, quantile))),
];
export const RUN_FIELDS: readonly string[] = [
  'open',
  ...SHOWN_QUANTILES.map(([quantile]) => quantileField('lateness', quantile)),
];

/** Counts by name, with the value of the tag or label `kind`. */
export const NAME_KINDS = {
  schemesOffered: 'schemes_offered',
  refusals: 'refused_by',
  errorNames: 'proxy_error',
  unmetContent: 'content_not_met',
} as const satisfies Record<Named, string>;

/** A Prometheus metric. */
export interface Metric {
  readonly name: string;
  readonly help: string;
}

/** Counters exported to Prometheus one by one; the three fates of a stall are one metric with a label. */
export const PLAIN_COUNTERS = {
  scheduled: { name: 'rushhour_scheduled_total', help: 'Attempts that fell due.' },
  started: { name: 'rushhour_started_total', help: 'Attempts whose SYN left.' },
  unsent: { name: 'rushhour_unsent_total', help: 'Attempts that this machine could not start.' },
  established: { name: 'rushhour_established_total', help: 'Handshakes that completed.' },
  completed: { name: 'rushhour_completed_total', help: 'Attempts that ended as the scenario expected.' },
  requests: { name: 'rushhour_requests_total', help: 'Requests, over however many connections.' },
  challenges: { name: 'rushhour_challenges_total', help: 'Responses that asked for credentials.' },
  healed: {
    name: 'rushhour_healed_total',
    help: 'Handshakes that lost a SYN but were too fast for a stall.',
  },
  slow: { name: 'rushhour_slow_total', help: 'Handshakes as long as a stall, without a lost SYN.' },
  bytes: { name: 'rushhour_received_bytes_total', help: 'Bytes received.' },
} as const satisfies Record<Exclude<Counter, Fate>, Metric>;

/** The fate of a stalled handshake. */
export const FATES = ['recovered', 'frozen', 'unresolved'] as const satisfies readonly Counter[];
type Fate = (typeof FATES)[number];

/** The other Prometheus metrics. */
export const METRICS = {
  stalled: {
    name: 'rushhour_stalled_total',
    help: 'Stalled handshakes, by fate: recovered, frozen, unresolved.',
  },
  outcomes: { name: 'rushhour_outcomes_total', help: 'Attempts that ended, by outcome.' },
  cuts: {
    name: 'rushhour_held_cuts_total',
    help: 'Held connections that were cut, by manner: silence, RST, FIN, other.',
  },
  names: {
    name: 'rushhour_names_total',
    help: 'Named details, by kind: schemes offered, refusals, proxy errors, content not met; rare names as other.',
  },
  requestsResent: {
    name: 'rushhour_requests_resent_total',
    help: 'Connections that retransmitted a request after the handshake.',
  },
  requestsResentMeasured: {
    name: 'rushhour_requests_resent_measured_total',
    help: 'Connections for which that is known; 0 if the system does not report it.',
  },
  responses: {
    name: 'rushhour_responses_total',
    help: 'Responses by HTTP status, to requests and to CONNECT; rare statuses as 4xx and so on.',
  },
  handshake: {
    name: 'rushhour_handshake_seconds',
    help: 'Handshake from the intended start: quantiles of a second, the worst of the last 15 seconds.',
  },
  firstByte: {
    name: 'rushhour_first_byte_seconds',
    help: 'First byte of the response, measured the same way.',
  },
  total: { name: 'rushhour_exchange_seconds', help: 'Last byte of the response, measured the same way.' },
  lateness: {
    name: 'rushhour_lateness_seconds',
    help: 'Actual minus intended start: how far this machine lags behind, measured the same way.',
  },
  open: { name: 'rushhour_open_connections', help: 'Attempts open as the last second ended.' },
  seconds: { name: 'rushhour_recorded_seconds_total', help: 'Seconds recorded.' },
  lastSecond: {
    name: 'rushhour_last_second_timestamp_seconds',
    help: 'When the last recorded second began, since 1970.',
  },
  runInfo: { name: 'rushhour_run_info', help: 'The run under way: always 1.' },
} as const satisfies Record<string, Metric>;

/** All Prometheus metrics. */
export const METRIC_NAMES: readonly string[] = [
  ...Object.values(PLAIN_COUNTERS),
  ...Object.values(METRICS),
].map(({ name }) => name);
