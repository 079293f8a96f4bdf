import type { FarSummary } from '../../metrics/far.ts';
import type { Arm, Scenario } from '../../scenario/types.ts';
import type { Nat } from '../findings/finder.ts';
import { listOutages } from '../outages.ts';
import type { Tally } from '../tally.ts';
import type { Summary } from '../types.ts';
import { measureDispersion } from './dispersion.ts';
import { fitHeld } from './held.ts';
import { findPlateau } from './plateau.ts';
import type { ArmSeen, Observations } from './types.ts';

/** What a diagnosis is made from: a run's records, and what was joined to them later. */
export interface Records {
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly summary: Omit<Summary, 'diagnosis'>;
  readonly nat?: Nat | undefined;
  /** What both sides captured, where a far side was joined. */
  readonly both?: FarSummary | undefined;
  readonly untried?: Observations['untried'];
}

const REFUSALS = ['handshake-refused', 'handshake-reset', 'handshake-unreachable'] as const;

/** Source ports used again within this time are in use: no common TIME_WAIT is longer than four minutes (RFC 5382 REQ-5). */
const IN_USE_SEC = 240;

/** Derives all that causes are judged by, once. */
export function observe({ scenario, tally, summary, nat, both, untried }: Records): Observations {
  const all = scenario.arms.flatMap((arm) => observeArm(arm, tally, summary));
  const silent = listSilentControls(all);
  const { run, verdict, findings, hostCounters, farCounters, pings, firewall } = summary;
  return {
    ...{ status: run.status, scenario: run.scenario, engine: run.engine, findings, firewall, both, pings },
    nat: nat ?? natOf(both),
    stallsByTcpInfo: run.stallsByTcpInfo,
    generatorLimited: verdict.generatorLimited,
    limits: verdict.reasons,
    isLimitedByDrops: verdict.limitedBy?.every((cause) => cause === 'local-drop') ?? false,
    arms: all.filter((arm) => !silent.includes(arm)),
    silentControls: silent.map(({ arm: { target } }) => target.port),
    near: hostCounters,
    far: farCounters,
    untried,
    ownDrops: (summary.localDrops ?? 0) + (summary.conntrackDrops ?? 0) + (summary.sendDrops ?? 0),
  };
}

/** Of ports: so many that those which are not kept do not count. */
const PRESERVED = 0.9;

/** What a far side shows of source ports, where no sweep has tested them. */
function natOf(both: FarSummary | undefined): Nat | undefined {
  if (both === undefined) return undefined;
  switch (both.nat.kind) {
    case 'none':
      return 'preserved';
    // One that gives many another port may give any of them a port that was just used.
    case 'port-preserving':
      return both.nat.portsKept >= both.attempts.matched * PRESERVED ? 'preserved' : undefined;
    case 'sequential':
    case 'random':
      return 'reassigned';
    default:
      return undefined;
  }
}

function observeArm(arm: Arm, tally: Tally, { arms }: Records['summary']): ArmSeen[] {
  const summary = arms[arm.name];
  // Pings have no handshake; they are told beside.
  if (summary === undefined || summary.started === 0 || arm.via === 'icmp') return [];
  const series = tally.series(arm.name);
  const isSweep = arm.load.kind === 'sweep';
  const held = fitHeld(arm, series);
  const plateau = findPlateau(arm, series);
  const dispersion = isSweep ? undefined : measureDispersion(series.bySecond);
  return [
    {
      ...{ name: arm.name, arm, summary, series, started: summary.started, stalled: summary.stalled.count },
      refused: refusedOf(summary),
      gaps: isSweep ? [] : listOutages(series.bySecond),
      ...(held === undefined ? {} : { held }),
      ...(plateau === undefined ? {} : { plateau }),
      ...(dispersion === undefined ? {} : { dispersion }),
      ports: portsOf(arm, summary),
    },
  ];
}

/** Handshakes that were answered by a refusal of any kind. */
export function refusedOf({ outcomes }: Pick<Summary['arms'][string], 'outcomes'>): number {
  return REFUSALS.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

/**
 * Ports that should refuse and of which nothing ever came are dropped by a rule, as many firewalls drop what is not allowed: they tell
 * nothing of the ports beside them.
 */
function listSilentControls(arms: readonly ArmSeen[]): ArmSeen[] {
  const isAlive = arms.some(({ summary }) => summary.established > 0);
  return arms.filter(
    ({ arm, summary, started, stalled }) =>
      isAlive &&
      arm.expect.kind === 'refused' &&
      summary.established + summary.completed === 0 &&
      stalled === started,
  );
}

function portsOf(
  { source, load }: Arm,
  { byReuseAge = [], started }: Summary['arms'][string],
): ArmSeen['ports'] {
  // The pairs of a sweep are fresh once and used once.
  if (source?.ports === undefined || load.kind === 'sweep') return 'unknown';
  const again = byReuseAge.reduce(
    (sum, { ageSec, attempts }) => sum + (ageSec < IN_USE_SEC ? attempts : 0),
    0,
  );
  if (again > started * 0.5) return 'used';
  return again <= started * 0.01 ? 'fresh' : 'unknown';
}
