import type { Arm } from '../../scenario/types.ts';
import { countHeld } from '../port-seconds.ts';
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
  inRun: (evidence) =>
    evidence.scenario.arms.flatMap((arm) => {
      const { ports } = evidence.arms[arm.name]!;
      if (ports === undefined || ports.open.max === 0) return [];
      const pool = poolOf(evidence);
      return [pool === undefined ? describeNeed(arm, ports) : weigh(arm, ports, pool, evidence)];
    }),
};

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

function needsOf({ open, held30s, held120s }: Ports): Need[] {
  return [
    { keptSec: 0, ports: open.max },
    { keptSec: 30, ports: held30s.max },
    { keptSec: 120, ports: held120s.max },
  ];
}

/**
 * The highest of all seconds is what so many browsers need at most. More of them that come in the same time need that much
 * more at most: what each takes on the average adds up, what exceeds it by chance grows more slowly. If answers come later
 * because of them, connections stay open longer, and it is more.
 */
function describeNeed(arm: Arm, ports: Ports): FoundAt {
  const needs = needsOf(ports);
  const [least, most] = [needs[0]!, needs.at(-1)!].map(({ ports: held }) => round(held / ports.users));
  return {
    ...base(arm, ports),
    confidence: 'high',
    text: `${formatUsers(ports)} needed ${listNeeds(needs)}: ${least === most ? least : `${least} to ${most}`} a browser. Ten times as many that come in the same time need ten times that at most, if answers come as soon`,
  };
}

function weigh(arm: Arm, ports: Ports, pool: Pool, { arms, tally }: Evidence): FoundAt {
  const { keptSec } = pool;
  const seconds = tally.series(arm.name).ports;
  const needs =
    keptSec === undefined || seconds === undefined
      ? needsOf(ports)
      : [{ keptSec, ports: Math.max(0, ...countHeld(seconds, keptSec).keys()) }];
  const fits = needs.map((need) =>
    Math.min(ports.users, Math.floor((ports.users * pool.ports) / need.ports)),
  );
  const isAlike = new Set(fits).size === 1;
  const [fewest, most] = [Math.min(...fits), Math.max(...fits)];
  const carried =
    fewest >= ports.users
      ? 'which is enough'
      : `enough for some ${isAlike ? fewest : `${fewest} to ${most}`} of them`;
  return {
    ...base(arm, ports),
    ...{ natPorts: pool.ports, carriesLeast: fewest, carriesMost: most },
    // Which of them is right depends on the NAT.
    confidence: isAlike ? pool.confidence : 'medium',
    text: `this class of ${formatUsers(ports)} needs ${listNeeds(needs)}; the NAT gives ${pool.ports}, ${carried}${formatDoubt(arms[arm.name]!)}`,
  };
}

function base({ name }: Arm, ports: Ports): { kind: string; arm: string; [figure: string]: unknown } {
  const { open, held30s, held120s, users } = ports;
  return {
    ...{ kind: 'ports-needed', arm: name, users },
    ...{ openPorts: open.max, held30sPorts: held30s.max, held120sPorts: held120s.max },
  };
}

function formatUsers({ users }: Ports): string {
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

function formatDoubt({ stalled }: ArmSummary): string {
  return stalled.rate > CLEAN_RATE
    ? '. Handshakes stalled: this is what was asked for, not what got through'
    : '';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
