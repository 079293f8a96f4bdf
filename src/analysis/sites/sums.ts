import type { ArmSummary, RampSums, Summary } from '../types.ts';
import { wilsonInterval } from '../wilson.ts';
import type { ArmSums, FleetPart, GroupSums } from './types.ts';

const COUNTERS = [
  ...(['scheduled', 'started', 'unsent', 'established', 'completed'] as const),
  ...(['requests', 'challenges', 'healed', 'slow', 'bytes'] as const),
] as const;

const STALLED = ['count', 'recovered', 'frozen', 'unresolved'] as const;
const RAMPS = ['scheduled', 'started', 'unsent', 'established', 'completed', 'stalled'] as const;
const KEYED = ['outcomes', 'statuses', 'tunnelStatuses', 'refusals'] as const;

/** Sums of probes; those without data are named among `probes` and not among `summed`. */
export function sumParts(parts: readonly FleetPart[]): GroupSums {
  const runs = parts.flatMap(({ run }) => run?.summary ?? []);
  const names = [...new Set(runs.flatMap(({ arms }) => Object.keys(arms)))];
  return {
    probes: parts.map(({ probe }) => probe),
    summed: parts.filter(({ run }) => run !== undefined).map(({ probe }) => probe),
    arms: Object.fromEntries(
      names.map((name) => [
        name,
        sumArms(runs.flatMap(({ arms }) => (Object.hasOwn(arms, name) ? [arms[name]!] : []))),
      ]),
    ),
  };
}

function sumArms(arms: readonly ArmSummary[]): ArmSums {
  const sums: ArmSums = {
    ...{ scheduled: 0, started: 0, unsent: 0, established: 0, completed: 0 },
    ...{ requests: 0, challenges: 0, healed: 0, slow: 0, bytes: 0 },
    stalled: { count: 0, recovered: 0, frozen: 0, unresolved: 0, rate: 0, ci95: [0, 1] },
    ...{ outcomes: {}, statuses: {}, tunnelStatuses: {}, refusals: {} },
  };
  // What earlier versions did not count yet is absent.
  for (const arm of arms) {
    for (const key of COUNTERS) sums[key] += arm[key] ?? 0;
    for (const key of STALLED) sums.stalled[key] += arm.stalled[key] ?? 0;
  }
  for (const key of KEYED) sums[key] = addNames(arms.map((arm) => arm[key] ?? {}));
  const ramps = arms.flatMap(({ ramp }) => ramp ?? []);
  if (ramps.length > 0) sums.ramp = addRamps(ramps);
  const { count } = sums.stalled;
  const { started } = sums;
  sums.stalled.rate = started === 0 ? 0 : count / started;
  sums.stalled.ci95 = wilsonInterval(Math.min(count, started), started);
  return sums;
}

function addRamps(ramps: readonly RampSums[]): RampSums {
  const sums = Object.fromEntries(RAMPS.map((key) => [key, ramps.reduce((sum, ramp) => sum + ramp[key], 0)]));
  return sums as Record<(typeof RAMPS)[number], number>;
}

function addNames(maps: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const map of maps)
    for (const [name, count] of Object.entries(map)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** All arms of a group together. */
export function sumOverArms({ arms }: Pick<GroupSums, 'arms'>): {
  readonly started: number;
  readonly completed: number;
  readonly stalled: number;
} {
  const all = Object.values(arms);
  return {
    started: all.reduce((sum, { started }) => sum + started, 0),
    completed: all.reduce((sum, { completed }) => sum + completed, 0),
    stalled: all.reduce((sum, { stalled }) => sum + stalled.count, 0),
  };
}

/** The ramps of all arms of a group together; undefined: there were none. */
export function sumOverRamps({ arms }: Pick<GroupSums, 'arms'>): RampSums | undefined {
  const ramps = Object.values(arms).flatMap(({ ramp }) => ramp ?? []);
  return ramps.length === 0 ? undefined : addRamps(ramps);
}

/** Which counts of a summary are none: fractions, below 0, or beyond what is added exactly. A probe may send anything. */
export function findFalseCount({ arms }: Summary): string | undefined {
  for (const [name, arm] of Object.entries(arms)) {
    const counts: (readonly [string, number | undefined])[] = [
      ...COUNTERS.map((key) => [key, arm[key]] as const),
      ...STALLED.map((key) => [`stalled.${key}`, arm.stalled[key]] as const),
      ...(arm.ramp === undefined ? [] : RAMPS.map((key) => [`ramp.${key}`, arm.ramp?.[key]] as const)),
      ...KEYED.flatMap((key) =>
        Object.entries(arm[key] ?? {}).map(([at, count]) => [`${key}.${at}`, count] as const),
      ),
    ];
    const wrong = counts.find(([, count = 0]) => !Number.isSafeInteger(count) || count < 0);
    if (wrong !== undefined) return `${name}.${wrong[0]}`;
  }
  return undefined;
}
