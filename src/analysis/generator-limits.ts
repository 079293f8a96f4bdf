import type { GeneratorFaults, LocalDrops } from '../metrics/types.ts';
import { OUTCOME_GROUPS, type Outcome } from '../outcome/outcome.ts';
import type { Arm } from '../scenario/types.ts';
import { groupThousands } from './group-digits.ts';
import type { ArmSummary, LimitCause, Quantiles } from './types.ts';

/** Share of the scheduled attempts that could not be started; above it the load was not that of the scenario. */
const MAX_UNSENT_SHARE = 0.01;

/** A single attempt may have met a port of another program: alone, it is more than the share of an arm with few, and no bottleneck. */
const FEW = 10;

/** Share of the started attempts that failed for a local reason. */
const MAX_LOCAL_SHARE = 0.01;

/** p99 of lateness: a tenth of the shortest stall, so that lateness never looks like one. */
const MAX_LATENESS_P99_US = 100_000;

/** Share of the seconds in which a worker did not run at all: the same as the share of attempts that may be late. */
const MAX_STARVED_SHARE = 0.01;

/** Why this machine, rather than the system under test, was the limit. */
export interface GeneratorLimit {
  readonly causes: readonly LimitCause[];
  readonly reason: string;
}

/** What is known of the generator itself. */
export interface GeneratorState extends GeneratorFaults {
  readonly latenessUs: Quantiles;
  /** Seconds that the run lasted. */
  readonly seconds: number;
}

/** Empty if this machine was not the limit. */
export function findGeneratorLimits(
  arms: readonly { readonly arm: Arm; readonly summary: ArmSummary }[],
  { latenessUs, seconds, starvedSec = 0, ...drops }: GeneratorState,
): GeneratorLimit[] {
  const limits = [
    ...arms.flatMap(({ arm, summary }) => limitsOfArm(arm, summary)),
    ...limitsOfDrops(
      arms.map(({ summary }) => summary),
      drops,
    ),
  ];
  if (latenessUs.p99 > MAX_LATENESS_P99_US && arms.some(({ arm }) => arm.load.kind === 'open')) {
    limits.push({
      causes: ['lateness'],
      reason: `starts were late: p99 ${Math.round(latenessUs.p99 / 1_000)} ms, and the limit is ${MAX_LATENESS_P99_US / 1_000} ms`,
    });
  }
  if (starvedSec > seconds * MAX_STARVED_SHARE) {
    limits.push({
      causes: ['starved'],
      reason: `in ${starvedSec} of ${seconds} s, a worker did not run at all: this machine was busy with something else or had paused it`,
    });
  }
  return limits;
}

const grouped = (count: number): string => groupThousands(String(count));

function limitsOfArm(arm: Arm, summary: ArmSummary): GeneratorLimit[] {
  const limits: GeneratorLimit[] = [];
  const { scheduled, started, unsent } = summary;
  if (unsent > scheduled * MAX_UNSENT_SHARE && !isSingle(unsent, scheduled)) {
    const causes = causesOf(summary, 'unsent');
    const reason = `${arm.name}: ${grouped(unsent)} of ${grouped(scheduled)} attempts were unsent (${formatCauses(causes)})`;
    limits.push({ causes: causes.map(([outcome]) => outcome), reason });
  }
  const causes = causesOf(summary, 'local');
  const local = causes.reduce((sum, [, count]) => sum + count, 0);
  if (local > started * MAX_LOCAL_SHARE && !isSingle(local, started)) {
    const reason = `${arm.name}: ${grouped(local)} of ${grouped(started)} attempts failed on this machine (${formatCauses(causes)})`;
    limits.push({ causes: causes.map(([outcome]) => outcome), reason });
  }
  return limits;
}

function isSingle(count: number, of: number): boolean {
  return count === 1 && of >= FEW;
}

/** Minimum number of retransmitted SYNs dropped here: a single one may belong to another program. */
const MIN_LOCAL_DROPS = 2;
/** Share of the stalls that this machine itself may have caused. */
const MAX_OWN_STALLS_SHARE = 0.1;

/**
 * Stalls that this machine itself caused. Dropped first SYNs are not reported, but the kernel counts retransmissions
 * that never left: first SYNs are assumed to have the same share.
 */
function limitsOfDrops(
  arms: readonly ArmSummary[],
  { localDrops = 0, conntrackDrops = 0, ringDrops = 0, sendDrops = 0, linkLossSec = 0 }: LocalDrops,
): GeneratorLimit[] {
  const resent = arms.reduce(
    (sum, { synRetransmits, requestRetransmits = {} }) =>
      sum + countResent(synRetransmits) + countResent(requestRetransmits),
    0,
  );
  const started = arms.reduce((sum, arm) => sum + arm.started, 0);
  const stalled = arms.reduce((sum, arm) => sum + arm.stalled.count, 0);
  if (stalled === 0) return [];
  // The dropped packets may have included first SYNs: each may be a stall.
  if (isMuch(conntrackDrops, stalled))
    return ownDrops(
      `local-drop: this machine itself dropped ${grouped(conntrackDrops)} packets because its conntrack table was full (net.netfilter.nf_conntrack_max; "conntrack -S" counts them), so stalls may be its own`,
    );
  // The number of packets lost meanwhile is unknown.
  if (linkLossSec > 0)
    return ownDrops(
      `local-drop: in ${linkLossSec} s, the outgoing link was down, or the interface, its addresses or the next hop had changed since the start (a warning says how), so stalls may be its own`,
    );
  // Each may have been a SYN or its answer.
  if (isMuch(ringDrops, stalled) || isMuch(sendDrops, stalled))
    return ownDrops(
      `local-drop: this machine itself lost ${grouped(ringDrops)} packets that arrived faster than it could read them, and ${grouped(sendDrops)} that its network device did not accept (the packet engine counts both), so stalls may be its own`,
    );
  if (localDrops < MIN_LOCAL_DROPS || resent === 0) return [];
  const share = Math.min(1, localDrops / resent);
  if (share * started <= stalled * MAX_OWN_STALLS_SHARE) return [];
  return ownDrops(
    `local-drop: this machine itself dropped ${grouped(localDrops)} of the segments that it retransmitted (by nftables in its output chain, or a full queue: see "nft list ruleset" and "tc -s qdisc"), so stalls may be its own`,
  );
}

function ownDrops(reason: string): GeneratorLimit[] {
  return [{ causes: ['local-drop'], reason }];
}

function isMuch(drops: number, stalled: number): boolean {
  return drops >= MIN_LOCAL_DROPS && drops > stalled * MAX_OWN_STALLS_SHARE;
}

function countResent(retransmits: Readonly<Record<string, number>>): number {
  return Object.entries(retransmits).reduce((sum, [times, count]) => sum + Number(times) * count, 0);
}

function formatCauses(causes: readonly (readonly [Outcome, number])[]): string {
  return causes.map(([outcome, count]) => `${outcome} ${grouped(count)}`).join(', ');
}

/** The most frequent first. Attempts abandoned at the end of the run are local, but not a sign of overload. */
function causesOf({ outcomes }: ArmSummary, group: 'local' | 'unsent'): [Outcome, number][] {
  return (Object.entries(outcomes) as [Outcome, number][])
    .filter(([name, count]) => count > 0 && OUTCOME_GROUPS[name] === group && name !== 'abandoned')
    .sort(([, a], [, b]) => b - a);
}
