import { OUTCOME_GROUPS, type Outcome } from '../outcome/outcome.ts';
import { placesOf } from '../outcome/places.ts';
import { addNames, NAMED } from './named-counts.ts';
import type { EndpointCounts, ProofCounts, SeriesCounts, TokenCounts } from './types.ts';

/** The plain counters of a series; the rest are counts by key. */
export const COUNTERS = [
  'scheduled',
  'started',
  'unsent',
  'established',
  'completed',
  'requests',
  'challenges',
  'recovered',
  'frozen',
  'unresolved',
  'healed',
  'slow',
  'bytes',
] as const;
export type Counter = (typeof COUNTERS)[number];

/** Their positions in that list. */
export const COUNTER_AT = placesOf(COUNTERS);

const ENDPOINT_COUNTERS = ['started', 'established', 'completed', 'stalled'] as const;

/**
 * Written out: objects built from a list would each create hidden classes of their own, 4 KB that only a full
 * collection frees.
 */
export function emptyCounts(): SeriesCounts {
  return {
    scheduled: 0,
    started: 0,
    unsent: 0,
    established: 0,
    completed: 0,
    requests: 0,
    challenges: 0,
    recovered: 0,
    frozen: 0,
    unresolved: 0,
    healed: 0,
    slow: 0,
    bytes: 0,
    firstBegunUs: -1,
    lastBegunUs: -1,
    lastEndUs: -1,
    synRetransmits: {},
    requestRetransmits: {},
    outcomes: {},
    statuses: {},
    tunnelStatuses: {},
    schemesOffered: {},
    refusals: {},
    errorNames: {},
    unmetContent: {},
    cuts: {},
    byProofAge: {},
    stalledBySecond: {},
    byReuseAge: {},
    endpoints: {},
  };
}

/** Adds `part` into `sum`, in place. */
export function addCounts(sum: SeriesCounts, part: Readonly<SeriesCounts>): void {
  // Frames of an earlier version lack counters added since.
  for (const name of COUNTERS) sum[name] += part[name] ?? 0;
  sum.firstBegunUs = earlier(sum.firstBegunUs, part.firstBegunUs);
  sum.lastBegunUs = Math.max(sum.lastBegunUs, part.lastBegunUs);
  sum.lastEndUs = Math.max(sum.lastEndUs, part.lastEndUs);
  addByKey(sum.synRetransmits, part.synRetransmits);
  addByKey(sum.requestRetransmits, part.requestRetransmits ?? {});
  addByKey(sum.outcomes as Record<string, number>, part.outcomes as Record<string, number>);
  addByKey(sum.statuses, part.statuses ?? {});
  addByKey(sum.tunnelStatuses, part.tunnelStatuses ?? {});
  for (const name of NAMED) addNames(sum[name], part[name]);
  if (part.synAnswers !== undefined) {
    sum.synAnswers ??= {};
    addByKey(sum.synAnswers, part.synAnswers);
  }
  for (const name of ['browsing', 'usersByOpen'] as const) {
    const counts = part[name];
    if (counts === undefined) continue;
    sum[name] ??= {};
    addByKey(sum[name] as Record<string, number>, counts as Record<string, number>);
  }
  addByKey(sum.cuts as Record<string, number>, part.cuts ?? {});
  for (const [age, counts] of Object.entries(part.byProofAge ?? {})) addProofs(sum.byProofAge, age, counts);
  addByKey(sum.stalledBySecond, part.stalledBySecond);
  // Frames of runs from before this count was added lack it.
  for (const [age, counts] of Object.entries(part.byReuseAge ?? {})) {
    const total = ownOf(sum.byReuseAge, age) ?? { attempts: 0, stalled: 0 };
    total.attempts += counts.attempts;
    total.stalled += counts.stalled;
    sum.byReuseAge[age] = total;
  }
  for (const [endpoint, counts] of Object.entries(part.endpoints)) {
    const total = ownOf(sum.endpoints, endpoint) ?? emptyEndpointCounts();
    for (const name of ENDPOINT_COUNTERS) total[name] += counts[name];
    sum.endpoints[endpoint] = total;
  }
}

/** Adds proofs at one age into `sums`, in place. */
export function addProofs(
  sums: Record<string, ProofCounts>,
  age: string,
  { alive, cuts }: Readonly<ProofCounts>,
): void {
  const sum = ownOf(sums, age) ?? { alive: 0, cuts: {} };
  sum.alive += alive;
  addByKey(sum.cuts as Record<string, number>, cuts);
  sums[age] = sum;
}

/** Adds tokens by arm into `sums`, in place. */
export function addTokens(
  sums: Record<string, TokenCounts>,
  parts: Readonly<Record<string, TokenCounts>>,
): void {
  for (const [arm, part] of Object.entries(parts)) {
    const sum = ownOf(sums, arm) ?? { minted: 0, discarded: 0, failures: {} };
    sum.minted += part.minted;
    sum.discarded += part.discarded;
    addByKey(sum.failures, part.failures);
    sums[arm] = sum;
  }
}

/** Stalled = recovered + frozen + unresolved. */
export function stalledOf(counts: Pick<SeriesCounts, 'recovered' | 'frozen' | 'unresolved'>): number {
  return counts.recovered + counts.frozen + counts.unresolved;
}

/** Connections on which a request was retransmitted after the handshake. */
export function resentOf({ requestRetransmits = {} }: Partial<SeriesCounts>): number {
  return measuredResentOf({ requestRetransmits }) - (requestRetransmits['0'] ?? 0);
}

/** Connections for which this is known; 0 if it was not measured. */
export function measuredResentOf({ requestRetransmits = {} }: Partial<SeriesCounts>): number {
  return Object.values(requestRetransmits).reduce((sum, count) => sum + count, 0);
}

/** The earlier of two times; -1 means none. */
function earlier(a: number, b: number): number {
  if (a < 0 || b < 0) return Math.max(a, b);
  return Math.min(a, b);
}

function emptyEndpointCounts(): EndpointCounts {
  return { started: 0, established: 0, completed: 0, stalled: 0 };
}

function addByKey(sum: Record<string, number>, part: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(part)) sum[key] = (ownOf(sum, key) ?? 0) + count;
}

/** A key may come from the network or a damaged file, and be that of something that every object inherits. */
function ownOf<T>(sums: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(sums, key) ? sums[key] : undefined;
}

/** Connections that ended so that another could continue the request: neither completed nor failed. */
export function stepsOf({ outcomes }: Readonly<Pick<SeriesCounts, 'outcomes'>>): number {
  return Object.entries(outcomes).reduce(
    (sum, [outcome, count]) => (OUTCOME_GROUPS[outcome as Outcome] === 'step' ? sum + count : sum),
    0,
  );
}
