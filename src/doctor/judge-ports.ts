import type { Arm, Scenario } from '../scenario/types.ts';
import { countSources } from './judge-sources.ts';
import { estimateArmOpen, estimateMostWithin, TIME_WAIT_SEC } from './needs.ts';
import type { Check, HostFacts, ReachFacts } from './types.ts';

/** Linux's own default of ip_local_port_range (ip-sysctl.rst). */
const DEFAULT_PORTS = 28_232;

/** How many source ports the system may choose from, without reserved ones; undefined if not known. */
export function countPorts(facts: HostFacts): number | undefined {
  const range = facts.sysctls['net.ipv4.ip_local_port_range']?.split(' ').map(Number);
  const [first, last] = range ?? [];
  if (first === undefined || last === undefined) return undefined;
  const reserved = (facts.sysctls['net.ipv4.ip_local_reserved_ports'] ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split('-').map(Number))
    .reduce(
      (sum, [from = 0, to = from]) => sum + Math.max(0, Math.min(to, last) - Math.max(from, first) + 1),
      0,
    );
  return last - first + 1 - reserved;
}

/** Whether this machine has enough source ports for the scenario. */
export function judgePorts(
  facts: HostFacts,
  scenario: Scenario | undefined,
  reach: readonly ReachFacts[],
): Check[] {
  const ports = countPorts(facts);
  if (ports === undefined) return [];
  if (scenario !== undefined) {
    const plan = { facts, hasTimestamps: hasTimestamps(facts, scenario), reach };
    return scenario.arms.map((arm) => judgeArm(plan, arm, rangeOf(arm) ?? ports));
  }
  const what = `${ports} source ports: ${Math.floor(ports / TIME_WAIT_SEC)} connections/s to one address and port if this side closes first`;
  if (ports >= DEFAULT_PORTS) return [{ name: 'ports', level: 'ok', what }];
  return [{ name: 'ports', level: 'warn', what, why: 'Linux offers 28,232 by default.', mend: WIDEN }];
}

const WIDEN = 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"';

/** How many ports an arm binds explicitly; undefined if it leaves them to the system. */
function rangeOf({ source }: Arm): number | undefined {
  const range = source?.ports?.range;
  return range === undefined ? undefined : range.to - range.from + 1;
}

/** As the run will find them. */
function hasTimestamps(facts: HostFacts, { tcpTimestamps }: Scenario): boolean {
  return tcpTimestamps === undefined
    ? facts.sysctls['net.ipv4.tcp_timestamps'] !== '0'
    : tcpTimestamps === 'on';
}

interface Plan {
  readonly facts: HostFacts;
  readonly hasTimestamps: boolean;
  readonly reach: readonly ReachFacts[];
}

function judgeArm({ facts, hasTimestamps, reach }: Plan, arm: Arm, ports: number): Check {
  const name = `ports of ${arm.name}`;
  const endpoints = reach.find((one) => one.arm === arm.name)?.endpoints ?? [];
  const isBound = arm.source?.ports !== undefined;
  // A port that is bound explicitly is leased to one connection at a time, whatever it connects to.
  const tuples = ports * countSources(facts, arm) * (isBound ? 1 : Math.max(1, endpoints.length));
  const { healthy } = estimateArmOpen(arm);
  if (healthy > tuples) {
    return {
      name,
      level: 'fail',
      what: `arm ${arm.name} keeps ${Math.ceil(healthy)} open at once, but has only ${tuples} source ports`,
      why: 'The rest would be unsent, and the run would be generator-limited.',
      mend: isBound
        ? 'widen source.ports, or name more source.addresses'
        : `${WIDEN}   (or more source addresses: socket.bind)`,
    };
  }
  const rest = isBound ? judgeRest(name, arm, tuples) : undefined;
  if (rest !== undefined) return rest;
  if (arm.close !== 'fin') return judgeClosedElsewhere(name, arm, tuples);
  if (isBound && hasTimestamps) {
    const what = `arm ${arm.name} closes first and binds its ports explicitly: with TCP timestamps such a port is reused during its own TIME_WAIT, whatever tcp_tw_reuse says`;
    return { name, level: 'ok', what };
  }
  if (!isBound && hasTimestamps && reusesTimeWait(facts, endpoints)) {
    const what = `arm ${arm.name} closes first, but tcp_tw_reuse allows its ports to be reused after 1 s`;
    return { name, level: 'ok', what };
  }
  return judgeTimeWait(name, arm, tuples);
}

function judgeClosedElsewhere(name: string, arm: Arm, tuples: number): Check {
  const how = arm.close === 'reset' ? 'ends with RST' : 'lets the far end close first';
  return {
    name,
    level: 'ok',
    what: `arm ${arm.name} ${how}: no TIME_WAIT here, so ${tuples} source ports are enough`,
  };
}

/** Whether an arm has enough ports of its own if each rests as long as the scenario says; undefined if so. */
function judgeRest(name: string, arm: Arm, tuples: number): Check | undefined {
  const restSec = (arm.source?.ports?.reuseAfterUs ?? 0) / 1_000_000;
  const needed = estimateMostWithin(arm.load, restSec) ?? 0;
  if (restSec === 0 || needed <= tuples) return undefined;
  return {
    name,
    level: 'fail',
    what: `arm ${arm.name}: each of ${tuples} source ports rests ${restSec} s, but up to ${Math.ceil(needed)} connections start in that time`,
    why: 'Attempts that find no port are unsent (unsent-no-port), and the run is generator-limited.',
    mend: 'widen source.ports, name more source.addresses, or shorten source.reuseAfter',
  };
}

/** A port whose connection this side closed first cannot be used for 60 s: this limits the whole run. */
function judgeTimeWait(name: string, arm: Arm, tuples: number): Check {
  const sustained = Math.floor(tuples / TIME_WAIT_SEC);
  const needed =
    estimateMostWithin(arm.load, TIME_WAIT_SEC) ??
    (arm.load.kind === 'closed' ? arm.load.attempts : undefined);
  const rule = `this side closes first, so each source port spends ${TIME_WAIT_SEC} s in TIME_WAIT: ${tuples} ports allow ${sustained} connections/s`;
  if (needed === undefined) return { name, level: 'note', what: `arm ${arm.name}: ${rule}` };
  if (needed <= tuples) return { name, level: 'ok', what: `arm ${arm.name}: ${rule}, which is enough` };
  return {
    name,
    // The speed of a closed loop is not known in advance: it may stay below this.
    level: arm.load.kind === 'closed' ? 'warn' : 'fail',
    what: `arm ${arm.name}: ${rule}; it needs ${Math.ceil(needed)} within ${TIME_WAIT_SEC} s`,
    why: 'Attempts that find no port are unsent (local-port-exhausted), and the run is generator-limited.',
    mend: `${WIDEN}   (or socket.bind with more addresses, close: peer, or a lower rate)`,
  };
}

/** tcp_tw_reuse: 1 always, 2 on loopback only; both need timestamps (ip-sysctl.rst, tcp_twsk_unique). */
function reusesTimeWait(facts: HostFacts, endpoints: ReachFacts['endpoints']): boolean {
  const reuse = facts.sysctls['net.ipv4.tcp_tw_reuse'];
  if (reuse === '1') return true;
  return (
    reuse === '2' && endpoints.length > 0 && endpoints.every(({ address }) => /^127\.|^::1$/.test(address))
  );
}
