/**
 * How an attempt can end: a closed union, one name per cause. Every scheduled attempt gets exactly one, so that the
 * counts of a finished run add up to `scheduled`.
 *
 * The group says what was responsible:
 * - `ok`      as the scenario expected;
 * - `remote`  the path, the firewall or the far end;
 * - `local`   this machine, after the SYN was sent: never attributed to the firewall;
 * - `unsent`  this machine, before a SYN was sent: the attempt was due but not started;
 * - `step`    not a failure: the far end closed after asking for credentials, and another connection continues.
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
  'unexpected-content': 'remote',
  'never-closed': 'remote',
  'held-cut': 'remote',

  'tunnel-refused': 'remote',
  'tunnel-timeout': 'remote',
  'tunnel-closed': 'remote',
  'tunnel-garbage': 'remote',
  'tunnel-cut': 'remote',

  'tls-untrusted': 'remote',
  'tls-expired': 'remote',
  'tls-wrong-name': 'remote',
  'tls-alert': 'remote',
  'tls-timeout': 'remote',
  'tls-closed': 'remote',
  'tls-failed': 'remote',

  'auth-denied': 'remote',
  'auth-failed': 'remote',
  'proxy-closed-after-407': 'step',
  'origin-closed-after-401': 'step',

  'local-failure': 'local',
  'local-no-credentials': 'local',
  abandoned: 'local',

  'local-port-exhausted': 'unsent',
  'local-port-in-use': 'unsent',
  'local-fd-exhausted': 'unsent',
  'local-no-memory': 'unsent',
  'local-no-route': 'unsent',
  'local-no-address': 'unsent',
  'local-wrong-family': 'unsent',
  'local-denied': 'unsent',
  'local-start-failure': 'unsent',
  'unsent-late': 'unsent',
  'unsent-open-limit': 'unsent',
  'unsent-no-port': 'unsent',
  'unsent-no-credentials': 'unsent',
} as const satisfies Record<string, 'ok' | 'remote' | 'local' | 'unsent' | 'step'>;

export type Outcome = keyof typeof OUTCOME_GROUPS;
export type OutcomeGroup = (typeof OUTCOME_GROUPS)[Outcome];

/** Why an attempt that was due never reached the engine. */
export type DropReason = 'unsent-late' | 'unsent-open-limit' | 'unsent-no-port' | 'unsent-no-credentials';

/** Every outcome, in a fixed order: counters and frames use the index on the hot path. */
export const OUTCOMES = Object.keys(OUTCOME_GROUPS) as readonly Outcome[];

/**
 * Index of an outcome in {@link OUTCOMES}, and its group, for per-attempt look-ups: an object with this many keys is
 * searched each time, and the number found may be on the heap.
 */
const INDEXES: ReadonlyMap<Outcome, number> = new Map(OUTCOMES.map((outcome, index) => [outcome, index]));
const GROUPS: ReadonlyMap<Outcome, OutcomeGroup> = new Map(
  OUTCOMES.map((outcome) => [outcome, OUTCOME_GROUPS[outcome]]),
);

export function indexOfOutcome(outcome: Outcome): number {
  return INDEXES.get(outcome)!;
}

export function groupOfOutcome(outcome: Outcome): OutcomeGroup {
  return GROUPS.get(outcome)!;
}
