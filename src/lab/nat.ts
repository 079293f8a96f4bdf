import type { PortRange } from '../scenario/units.ts';
import { ADDRESSES, PORTS } from './addresses.ts';
import { chain } from './ruleset.ts';
import { INSIDE, OUTSIDE } from './topology.ts';

/*
 * The rules, not the kernel, choose the port of a connection: when ports are scarce, Linux evicts entries in TIME_WAIT
 * to reuse theirs (nf_nat_used_tuple_harder in net/netfilter/nf_nat_core.c, since 5.15), and even long before that,
 * because it tries no more than 96 neighbours. The firewalls that the lab imitates do not. So ports in use are kept in
 * sets, each until its timer expires, and the rules look for one that is not: in turn, which selects the port that has
 * been free longest, or at random.
 */

export interface Nat {
  /** How long a port stays in use after its connection has ended with a FIN, and with an RST. */
  readonly finSec: number;
  readonly rstSec: number;
  /** Ports to assign. Absent: the client's own if it is free, otherwise one of {@link SPARE_PORTS}. */
  readonly pool?: NatPool | undefined;
  /** An nftables statement by which the kernel itself chooses address and port, instead of all that. */
  readonly byKernel?: string;
}

export interface NatPool {
  readonly ports: PortRange;
  readonly pick: 'in-turn' | 'random';
}

/** Linux' own timers (net/netfilter/nf_conntrack_proto_tcp.c). */
export const LINUX_NAT: Nat = { finSec: 120, rstSec: 10 };

/** For connections whose own port is taken. A client's port in this range, or below, is never kept. */
const SPARE_PORTS: PortRange = { from: 1_024, to: 15_999 };

/** How long an unanswered SYN occupies a port; each retransmission restarts it. Linux keeps it for 120 s. */
export const OPENING_SEC = 10;

const SYN = 'tcp flags & (syn|ack) == syn';
const SYN_ACK = 'tcp flags & (syn|ack) == (syn|ack)';

/** Each destination has ports of its own. */
const DESTINATIONS = [PORTS.proxy, PORTS.secondProxy, PORTS.origin, PORTS.secondOrigin];

/** Preserved ports, as seen from the far side: its own port and the client's. */
const KEPT = 'ct reply proto-src . ct reply proto-dst';
const KEPT_NEW = 'tcp dport . tcp sport';
const OWNER = 'ct original ip saddr . ct original proto-src . ct reply proto-src';
const OWNER_NEW = 'ip saddr . tcp sport . tcp dport';

/** Sets, maps and chains; `translate` is the hook. */
export function natDeclarations(nat: Nat): string[] {
  if (nat.byKernel !== undefined)
    return chain('translate', 'type nat hook postrouting priority srcnat', [
      `oifname "${OUTSIDE}" ip saddr ${ADDRESSES.clientNet} ${nat.byKernel}`,
    ]);
  const pool = nat.pool ?? { ports: SPARE_PORTS, pick: 'in-turn' };
  return [
    `map port { type mark : inet_service; elements = { ${identity(pool.ports)} }\n}`,
    'set kept { type inet_service . inet_service; flags dynamic,timeout; size 262144; }',
    'set owner { type ipv4_addr . inet_service . inet_service; flags dynamic,timeout; size 262144; }',
    ...chain('keep', '', [
      `update @kept { ${KEPT_NEW} timeout ${OPENING_SEC}s } update @owner { ${OWNER_NEW} timeout ${OPENING_SEC}s }`,
      // The kernel keeps the port, because it is free. Without the range it might prefer the spare one that this client
      // has towards another destination; with only the port, an expired but uncollected entry would be in the way.
      `meta l4proto tcp snat to ${ADDRESSES.external}:${SPARE_PORTS.to + 1}-65535`,
    ]),
    ...DESTINATIONS.flatMap((destination) => pickDeclarations(destination, pool)),
    ...DESTINATIONS.flatMap((destination) => chain(`track${destination}`, '', trackRules(destination, nat))),
    ...chain('translate', 'type nat hook postrouting priority srcnat', [
      `oifname "${OUTSIDE}" ip saddr ${ADDRESSES.clientNet} meta l4proto tcp jump choose`,
      `oifname "${OUTSIDE}" snat to ${ADDRESSES.external}`,
    ]),
    ...chain('choose', '', [
      ...(nat.pool === undefined ? keepRules() : []),
      ...DESTINATIONS.map((destination) => `tcp dport ${destination} goto pick${destination}`),
    ]),
  ];
}

/** Rules of the forward hook, which update the timers of ports as their connections progress. */
export function natForward({ byKernel }: Nat): string[] {
  if (byKernel !== undefined) return [];
  return DESTINATIONS.flatMap((destination) => [
    `iifname "${INSIDE}" tcp dport ${destination} ct status confirmed jump track${destination}`,
    `iifname "${OUTSIDE}" tcp sport ${destination} ct status confirmed jump track${destination}`,
  ]);
}

/** Whether a set or map holds which ports are in use and whose, in whatever way the rules give them out. */
export function isNatMemory(name: string): boolean {
  return ['kept', 'owner', ...DESTINATIONS.flatMap((port) => [`taken${port}`, `lent${port}`])].includes(name);
}

function keepRules(): string[] {
  const own = `tcp sport > ${SPARE_PORTS.to}`;
  const known = `tcp dport { ${DESTINATIONS.join(', ')} }`;
  return [
    // A connection that is opened again keeps its port.
    `${known} ${own} ${OWNER_NEW} @owner goto keep`,
    `${known} ${own} ${KEPT_NEW} != @kept goto keep`,
  ];
}

/** A chain cannot loop, but can jump to one that jumps again: 8 tries, 64, and so on. */
const FAN_OUT = 8;
/** The search ends after this many ports in use: more would take milliseconds. */
const MOST_TRIES = 4_096;
/** Random tries before ports are taken in turn. */
const RANDOM_TRIES = 64;

function pickDeclarations(destination: number, { ports, pick }: NatPool): string[] {
  const size = ports.to - ports.from + 1;
  const draw = (how: string): string[] => [
    `meta mark set numgen ${how} mod ${size} offset ${ports.from}`,
    `meta mark != @taken${destination} goto take${destination}`,
  ];
  const inTurn = fanOut(`turn${destination}`, draw('inc'), Math.min(size, MOST_TRIES));
  const random = fanOut(`dice${destination}`, draw('random'), RANDOM_TRIES);
  return [
    `set taken${destination} { type mark; flags dynamic,timeout; size 65536; }`,
    `map lent${destination} { type ipv4_addr . inet_service : mark; flags dynamic,timeout; size 65536; }`,
    ...chain(`take${destination}`, '', [
      `update @taken${destination} { meta mark timeout ${OPENING_SEC}s } ct mark set meta mark`,
      `update @lent${destination} { ip saddr . tcp sport timeout ${OPENING_SEC}s : meta mark }`,
      `meta l4proto tcp snat to ${ADDRESSES.external} : meta mark map @port`,
    ]),
    ...(pick === 'random' ? random.chains : []),
    ...inTurn.chains,
    ...chain(`pick${destination}`, '', [
      // A connection that is opened again, especially after an RST, gets the same port.
      `meta mark set ip saddr . tcp sport map @lent${destination} goto take${destination}`,
      ...(pick === 'random' ? [`jump ${random.name}`] : []),
      `jump ${inTurn.name}`,
      'drop',
    ]),
  ];
}

/** Chains that run `rules` at least `times` times. */
function fanOut(name: string, rules: readonly string[], times: number): { name: string; chains: string[] } {
  const chains = chain(name, '', rules);
  let last = name;
  for (let reached = 1; reached < times; reached *= FAN_OUT) {
    const next = `${name}x${reached * FAN_OUT}`;
    chains.push(...chain(next, '', Array(FAN_OUT).fill(`jump ${last}`)));
    last = next;
  }
  return { name: last, chains };
}

/** Each packet that changes the state of a connection sets how long its port stays in use. */
function trackRules(destination: number, { finSec, rstSec }: Nat): string[] {
  const stages: readonly (readonly [match: string, timeout: string])[] = [
    [SYN, `${OPENING_SEC}s`],
    [SYN_ACK, '1d'],
    // An RST that answers a bare ACK is part of opening: the port stays taken for the SYN that follows.
    ['ct status assured tcp flags & rst != 0', `${rstSec}s`],
    ['tcp flags & (fin|rst) == fin', `${finSec}s`],
  ];
  return stages.flatMap(([match, timeout]) => [
    `${match} ct mark 0 update @kept { ${KEPT} timeout ${timeout} } update @owner { ${OWNER} timeout ${timeout} }`,
    `${match} ct mark != 0 update @taken${destination} { ct mark timeout ${timeout} }`,
    `${match} ct mark != 0 update @lent${destination} { ct original ip saddr . ct original proto-src timeout ${timeout} : ct mark }`,
  ]);
}

function identity({ from, to }: PortRange): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index} : ${from + index}`).join(', ');
}
