import type { Arm } from '../../scenario/types.ts';
import { KEPT_SEC } from '../browsing-summary.ts';
import { countHeld, PortSeconds } from '../port-seconds.ts';
import type { ArmSummary } from '../types.ts';
import type { Evidence, Finder, FoundAt } from './finder.ts';
import { natPool } from './nat-pool.ts';

/** Above this share of stalled handshakes, browsers asked for more ports than they got. */
const CLEAN_RATE = 0.01;

/** What a NAT has for one external address and one destination. */
interface Pool {
  readonly ports: number;
  /** How long it keeps a port after the close, seconds; absent: not known. */
  readonly keptSec?: number;
  readonly confidence: FoundAt['confidence'];
}

/** So many ports, if each is kept for so long after its connection has ended. */
interface Need {
  readonly keptSec: number;
  readonly ports: number;
}

/** How many ports at once browsers need of a NAT, and how many of them its pool carries, if that is known. */
export const portsNeeded: Finder = {
  inRun: (evidence) => {
    const pool = poolOf(evidence);
    const classes = evidence.scenario.arms.flatMap((arm): Class[] => {
      const { ports } = evidence.arms[arm.name]!;
      return ports === undefined || ports.open.max === 0 ? [] : [{ arm, ports }];
    });
    if (pool === undefined) return classes.map((one) => describeNeed(one, evidence));
    return groupBySharing(classes, evidence).map((group) => weigh(group, pool, evidence));
  },
};

/** Classes that connect to the same endpoints take their ports of the same ones of a NAT: those of the first, then of the next. */
function groupBySharing(classes: readonly Class[], evidence: Evidence): Class[][] {
  const groups: Class[][] = [];
  for (const one of classes) {
    const group = groups.find(([first]) => sharesEndpoint(first!.arm, one.arm, evidence));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
}

function sharesEndpoint(one: Arm, other: Arm, { arms }: Evidence): boolean {
  const endpoints = arms[other.name]!.endpoints;
  return Object.keys(arms[one.name]!.endpoints).some((endpoint) => endpoint in endpoints);
}

/** As given, or else as the run itself measured it. */
function poolOf(evidence: Evidence): Pool | undefined {
  const { natPorts, findings } = evidence.scenario;
  if (natPorts !== undefined) return { ports: natPorts, confidence: 'high' };
  if (!findings.includes('nat-pool') || !('inRun' in natPool)) return undefined;
  const measured = natPool.inRun(evidence).find(({ confidence }) => confidence !== 'none');
  if (measured === undefined) return undefined;
  const { ports, releaseSec, confidence } = measured as FoundAt & Record<'ports' | 'releaseSec', number>;
  return { ports, confidence, ...(releaseSec === undefined ? {} : { keptSec: Math.ceil(releaseSec) }) };
}

type Ports = NonNullable<ArmSummary['ports']>;

/** An arm of browsers, and the ports that they took. */
interface Class {
  readonly arm: Arm;
  readonly ports: Ports;
}

/** What classes hold at the same time, not the sum of each one's most. @param keptSec for how long a NAT keeps a port */
function needsOf(
  classes: readonly Class[],
  { tally }: Evidence,
  keptSec: readonly number[] = [0, KEPT_SEC.held30s, KEPT_SEC.held120s],
): Need[] {
  const all = new PortSeconds();
  for (const { arm } of classes)
    for (const [second, counts] of tally.series(arm.name).ports?.entries() ?? []) all.add(second, counts);
  return keptSec.map((sec) => ({ keptSec: sec, ports: Math.max(0, ...countHeld(all, sec).keys()) }));
}

/**
 * The highest of all seconds is what so many browsers need at most. More of them that come in the same time need that much
 * more at most: what each takes on the average adds up, what exceeds it by chance grows more slowly. If answers come later
 * because of them, connections stay open longer, and it is more.
 */
function describeNeed(one: Class, evidence: Evidence): FoundAt {
  const { arm, ports } = one;
  const needs = needsOf([one], evidence);
  const begun = countBegun(one, evidence);
  const [least, most] = [needs[0]!, needs.at(-1)!].map(({ ports: held }) => round(held / begun));
  return {
    ...{ kind: 'ports-needed', arm: arm.name, users: ports.users },
    ...figuresOf(needs),
    confidence: begun < ports.users ? 'low' : 'high',
    text: `${formatUsers(ports.users, begun)} needed ${listNeeds(needs)}: ${least === most ? least : `${least} to ${most}`} a browser. Ten times as many that come in the same time need ten times that at most, if answers come as soon`,
  };
}

/** @param classes that share the pool */
function weigh(classes: readonly Class[], pool: Pool, evidence: Evidence): FoundAt {
  const users = classes.reduce((sum, { ports }) => sum + ports.users, 0);
  const begun = classes.reduce((sum, one) => sum + countBegun(one, evidence), 0);
  const kept = needsOf(classes, evidence);
  const needs = pool.keptSec === undefined ? kept : needsOf(classes, evidence, [pool.keptSec]);
  const fits = needs.map((need) => Math.min(users, Math.floor((begun * pool.ports) / need.ports)));
  const isAlike = new Set(fits).size === 1;
  const [fewest, most] = [Math.min(...fits), Math.max(...fits)];
  const carried =
    fewest >= users
      ? 'which is enough'
      : `enough for some ${isAlike ? fewest : `${fewest} to ${most}`} of them`;
  const names = classes.map(({ arm }) => arm.name);
  const who = names.length === 1 ? 'this class of' : `${names.join(', ')} through the same endpoint:`;
  return {
    ...{ kind: 'ports-needed', ...(names.length === 1 && { arm: names[0]! }), users },
    ...figuresOf(kept),
    ...{ natPorts: pool.ports, carriesLeast: fewest, carriesMost: most },
    // Which of them is right depends on the NAT.
    confidence: begun < users ? 'low' : isAlike ? pool.confidence : 'medium',
    text: `${who} ${formatUsers(users, begun)} ${names.length === 1 ? 'needs' : 'need'} ${listNeeds(needs)}; the NAT gives ${pool.ports}, ${carried}, if answers come as soon${formatDoubt(classes, evidence)}`,
  };
}

/** Browsers whose first page was due by the time at which the last connection was begun: a run may end before all have come. */
function countBegun({ arm: { name, load }, ports: { users } }: Class, { tally }: Evidence): number {
  if (load.kind !== 'browsers' || load.rampUs === 0) return users;
  const { lastBegunUs } = tally.series(name).counts;
  // They begin at even distances, the first at once.
  return Math.min(users, 1 + Math.floor((users * Math.max(0, lastBegunUs)) / load.rampUs));
}

function figuresOf([open, held30s, held120s]: readonly Need[]): Record<string, number> {
  return { openPorts: open!.ports, held30sPorts: held30s!.ports, held120sPorts: held120s!.ports };
}

/** `30 browsers`, `2 of 30 browsers, before the others had come,` */
function formatUsers(users: number, begun: number): string {
  if (begun < users) return `${begun} of ${users} browsers, before the others had come,`;
  return users === 1 ? '1 browser' : `${users} browsers`;
}

/** `183 ports at once for open connections, 240 where the NAT keeps each for 30 s after its close, 410 where for 120 s` */
function listNeeds(needs: readonly Need[]): string {
  const longestSec = needs.at(-1)?.keptSec ?? 0;
  if (needs.length > 1 && new Set(needs.map(({ ports }) => ports)).size === 1)
    return `${needs[0]!.ports} ports at once, even where a NAT keeps each for ${longestSec} s after its close`;
  return needs
    .map(({ keptSec, ports }, index) => {
      const count = index === 0 ? `${ports} ports at once` : `${ports}`;
      if (keptSec === 0) return `${count} for open connections`;
      return index > 1
        ? `${count} where for ${keptSec} s`
        : `${count} where a NAT keeps each for ${keptSec} s after its close`;
    })
    .join(', ');
}

/** What the figures do not have. */
function formatDoubt(classes: readonly Class[], evidence: Evidence): string {
  const { scenario, arms } = evidence;
  const hasStalled = classes.some(({ arm }) => arms[arm.name]!.stalled.rate > CLEAN_RATE);
  const others = scenario.arms
    .filter((arm) => arms[arm.name]!.ports === undefined && sharesEndpoint(classes[0]!.arm, arm, evidence))
    .map(({ name }) => name);
  return [
    ...(hasStalled ? ['. Handshakes stalled: this is what was asked for, not what got through'] : []),
    ...(others.length === 0 ? [] : [`. The ports of ${others.join(', ')} come on top`]),
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
