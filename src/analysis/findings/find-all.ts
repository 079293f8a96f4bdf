import type { HistogramsByTag } from '../../metrics/histogram.ts';
import { RAMP_SUFFIX } from '../../metrics/types.ts';
import type { Arm, Scenario } from '../../scenario/types.ts';
import { watchedUs } from '../measured-time.ts';
import type { Tally } from '../tally.ts';
import type { ArmSummary } from '../types.ts';
import { findAskedAsOrigin } from './asked-as-origin.ts';
import { findCutAge } from './cut-age.ts';
import type { FoundAt } from './found-at.ts';
import { findKnee } from './knee.ts';
import { findLatencyClusters } from './latency-cluster.ts';
import { findNatPool } from './nat-pool.ts';
import { findOneEndpoint } from './one-endpoint.ts';
import { findOnset } from './onset.ts';
import { findOutagePhases } from './outage-phases.ts';
import { findPreAnswered } from './pre-answered.ts';
import { findReuseBand, type Nat } from './reuse-band.ts';

/** What findings are made from. */
export interface Evidence {
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly histograms: HistogramsByTag;
  readonly arms: Readonly<Record<string, ArmSummary>>;
  readonly nat: Nat | undefined;
}

/** An onset this close to the beginning of an outage, seconds, is that outage told once more. */
const SAME_MOMENT_SEC = 1.5;

/** Everything that was found beyond counts, each thing once. Observations alone: none says what is to blame. */
export function findAll(evidence: Evidence): FoundAt[] {
  const { scenario, histograms } = evidence;
  const found = [
    ...scenario.findings.flatMap((kind) => findAsked(kind, evidence)),
    ...scenario.arms.flatMap((arm) => findAlways(arm, evidence)),
    ...findLatencyClusters(scenario.arms, histograms),
  ];
  return found.filter((finding) => !found.some((other) => explains(other, finding)));
}

function findAsked(kind: Scenario['findings'][number], evidence: Evidence): FoundAt[] {
  const { scenario, tally, histograms, arms, nat } = evidence;
  switch (kind) {
    case 'knee':
      return scenario.arms.flatMap((arm) => findKnee(arm, tally.series(arm.name)));
    case 'cut-age':
      return scenario.arms.flatMap((arm) =>
        findCutAge(
          arm,
          arms[arm.name]!,
          histograms.get(`${arm.name}.cutAge`),
          watchedUs(tally.series(arm.name).counts, tally.lastSecond),
        ),
      );
    case 'reuse-band':
      return scenario.arms.flatMap(({ name, load }) =>
        findReuseBand(name, tally.series(name).counts.byReuseAge, nat, load.kind === 'sweep'),
      );
    case 'nat-pool':
      return findNatPool(
        scenario.arms.map((arm) => ({ arm, summary: arms[arm.name]!, series: tally.series(arm.name) })),
      );
  }
}

function findAlways(arm: Arm, { tally, arms }: Evidence): FoundAt[] {
  const summary = arms[arm.name]!;
  const series = tally.series(arm.name);
  return [
    ...findPreAnswered(arm, summary),
    ...findOneEndpoint(arm, summary),
    ...findAskedAsOrigin(arm, summary),
    // A sweep's stalls follow its own timetable: when they come says nothing.
    ...(arm.load.kind === 'sweep'
      ? []
      : [
          ...findOutagePhases(arm.name, series),
          ...findOnset(arm.name, series, tally.series(`${arm.name}${RAMP_SUFFIX}`)),
        ]),
  ];
}

/** Whether `later` says only what `found` has said already, of the same arm and moment. */
function explains(found: FoundAt, later: FoundAt): boolean {
  if (found === later || found.arm !== later.arm || found.confidence === 'none') return false;
  const { during } = found;
  const begins = later.during?.fromSec;
  if (during === undefined || begins === undefined) return false;
  if (found.kind === 'outage-phases' && later.kind === 'onset')
    return Math.abs(during.fromSec - begins) <= SAME_MOMENT_SEC;
  // Where a number open at once was reached, that nothing more could be opened is the same thing.
  return (
    found.kind === 'nat-pool' &&
    (later.kind === 'onset' || later.kind === 'outage-phases') &&
    Math.abs(during.toSec - begins) <= SAME_MOMENT_SEC
  );
}
