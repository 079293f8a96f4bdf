/**
 * How an attempt can end: a closed union, one name a cause. Every scheduled attempt gets exactly one, so that the
 * counts of a finished run add up to `scheduled`.
 *
 * The group says whose doing it was:
 * - `ok`      as the scenario expected;
 * - `remote`  the path, the firewall or the far end;
 * - `local`   this machine, after the SYN had left: never held against the firewall;
 * - `unsent`  this machine, before a SYN left: the attempt was due but not started.
 */
export const OUTCOME_GROUPS = {
  ok: 'ok',

  'handshake-timeout': 'remote',
  'handshake-refused': 'remote',
  'handshake-reset': 'remote',
  'handshake-unreachable': 'remote',
  'unexpected-handshake': 'remote',

  'response-timeout': 'remote',
  'response-reset': 'remote',
  'response-unreachable': 'remote',
  'response-empty': 'remote',
  'response-truncated': 'remote',
  'response-garbage': 'remote',
  'unexpected-status': 'remote',
  'never-closed': 'remote',
  'held-cut': 'remote',

  'local-failure': 'local',
  abandoned: 'local',

  'local-port-exhausted': 'unsent',
  'local-port-in-use': 'unsent',
  'local-fd-exhausted': 'unsent',
  'local-no-memory': 'unsent',
  'local-no-route': 'unsent',
  'local-denied': 'unsent',
  'local-start-failure': 'unsent',
  'unsent-late': 'unsent',
  'unsent-open-limit': 'unsent',
  'unsent-no-port': 'unsent',
} as const satisfies Record<string, 'ok' | 'remote' | 'local' | 'unsent'>;

export type Outcome = keyof typeof OUTCOME_GROUPS;
export type OutcomeGroup = (typeof OUTCOME_GROUPS)[Outcome];

/** Why an attempt that was due never reached the engine. */
export type Skip = 'unsent-late' | 'unsent-open-limit' | 'unsent-no-port';

/** Every outcome, in a fixed order: its index is what counters and frames use on the hot path. */
export const OUTCOMES = Object.keys(OUTCOME_GROUPS) as readonly Outcome[];

/** Index of an outcome in {@link OUTCOMES}. */
export const OUTCOME_INDEX = Object.fromEntries(OUTCOMES.map((name, index) => [name, index])) as Readonly<
  Record<Outcome, number>
>;
