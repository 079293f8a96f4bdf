import type { Arm } from '../../scenario/types.ts';
import { FINDINGS } from '../../scenario/words.ts';
import type { Evidence, Finder, FoundAt } from './finder.ts';
import { FINDERS } from './registry.ts';

/** An onset this close to the beginning of an outage, seconds, is the same event. */
const SAME_MOMENT_SEC = 1.5;

const ASKED: readonly string[] = FINDINGS;
const ALWAYS = Object.entries(FINDERS).flatMap(([kind, finder]) => (ASKED.includes(kind) ? [] : [finder]));

/** All findings beyond counts, without duplicates. Observations only: none assigns blame. */
export function findAll(evidence: Evidence): FoundAt[] {
  const { findings, arms } = evidence.scenario;
  const inArm = (finder: Finder): FoundAt[] => arms.flatMap((arm) => findInArm(finder, arm, evidence));
  const found = [
    ...findings.flatMap((kind) => [...inArm(FINDERS[kind]), ...findInRun(FINDERS[kind], evidence)]),
    ...arms.flatMap((arm) => ALWAYS.flatMap((finder) => findInArm(finder, arm, evidence))),
    ...ALWAYS.flatMap((finder) => findInRun(finder, evidence)),
  ];
  return found.filter((finding) => !found.some((other) => explains(other, finding)));
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
    found.kind === 'nat-pool' &&
    (later.kind === 'onset' || later.kind === 'outage-phases') &&
    Math.abs(during.toSec - begins) <= SAME_MOMENT_SEC
  );
}
