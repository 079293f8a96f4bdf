import type { Arm } from '../../scenario/types.ts';
import { type AskedFinding, FINDINGS } from '../../scenario/words.ts';
import { askedAsOrigin } from './asked-as-origin.ts';
import { cutAge } from './cut-age.ts';
import type { Evidence, Finder, FoundAt } from './finder.ts';
import { knee } from './knee.ts';
import { latencyCluster } from './latency-cluster.ts';
import { natPool } from './nat-pool.ts';
import { oneEndpoint } from './one-endpoint.ts';
import { onset } from './onset.ts';
import { outagePhases } from './outage-phases.ts';
import { portsNeeded } from './ports-needed.ts';
import { preAnswered } from './pre-answered.ts';
import { requestsResent } from './requests-resent.ts';
import { reuseBand } from './reuse-band.ts';
import { stateTable } from './state-table.ts';
import { synOptions } from './syn-options.ts';

/** Every finder by the kind that it looks for. Those that a scenario has to ask for look only then. */
const FINDERS = {
  knee,
  'cut-age': cutAge,
  'reuse-band': reuseBand,
  'nat-pool': natPool,
  'state-table': stateTable,
  'pre-answered': preAnswered,
  'one-endpoint': oneEndpoint,
  'syn-options': synOptions,
  'asked-as-origin': askedAsOrigin,
  'requests-resent': requestsResent,
  'ports-needed': portsNeeded,
  'outage-phases': outagePhases,
  onset,
  'latency-cluster': latencyCluster,
} as const satisfies Record<string, Finder> & Record<AskedFinding, Finder>;

/** An onset this close to the beginning of an outage, seconds, is the same event. */
const SAME_MOMENT_SEC = 1.5;

const ASKED: readonly string[] = FINDINGS;
const ALWAYS = Object.entries(FINDERS).flatMap(([kind, finder]) => (ASKED.includes(kind) ? [] : [finder]));

/**
 * All findings beyond counts; one that only repeats another follows it, and says under which kind it belongs. Observations only: none
 * assigns blame.
 */
export function findAll(evidence: Evidence): FoundAt[] {
  const { findings, arms } = evidence.scenario;
  const inArm = (finder: Finder): FoundAt[] => arms.flatMap((arm) => findInArm(finder, arm, evidence));
  const found = [
    ...findings.flatMap((kind) => [...inArm(FINDERS[kind]), ...findInRun(FINDERS[kind], evidence)]),
    ...arms.flatMap((arm) => ALWAYS.flatMap((finder) => findInArm(finder, arm, evidence))),
    ...ALWAYS.flatMap((finder) => findInRun(finder, evidence)),
  ];
  const isWhole = (finding: FoundAt): boolean => !found.some((other) => explains(other, finding));
  const shown = new Set<FoundAt>();
  return found.filter(isWhole).flatMap((finding) => {
    const below = found.filter((other) => !shown.has(other) && !isWhole(other) && explains(finding, other));
    for (const other of below) shown.add(other);
    return [finding, ...below.map((other) => ({ ...other, under: finding.kind }))];
  });
}

function findInArm(finder: Finder, arm: Arm, evidence: Evidence): FoundAt[] {
  return 'inArm' in finder ? finder.inArm(arm, evidence) : [];
}

function findInRun(finder: Finder, evidence: Evidence): FoundAt[] {
  return 'inRun' in finder ? finder.inRun(evidence) : [];
}

/** Whether `later` only repeats `found`, for the same arm and time. */
function explains(found: FoundAt, later: FoundAt): boolean {
  if (found === later || found.arm !== later.arm || found.confidence === 'none') return false;
  const { during } = found;
  const begins = later.during?.fromSec;
  if (during === undefined || begins === undefined) return false;
  if (found.kind === 'outage-phases' && later.kind === 'onset')
    return Math.abs(during.fromSec - begins) <= SAME_MOMENT_SEC;
  // If a limit of open connections was found, failing to open more is the same finding.
  return (
    (found.kind === 'nat-pool' || found.kind === 'state-table') &&
    (later.kind === 'onset' || later.kind === 'outage-phases') &&
    Math.abs(during.toSec - begins) <= SAME_MOMENT_SEC
  );
}
