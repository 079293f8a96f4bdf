import { describe, expect, it } from 'vitest';
import type { CauseId } from '../../../src/analysis/causes/index.ts';
import { armOf, hold, sec } from '../parts.ts';
import {
  CLIMB,
  client,
  counted,
  farOf,
  fresh,
  held,
  heldAtTwoRates,
  NEAR,
  otherPort,
  proved,
  RESTED,
  reset,
  SOURCE,
  short,
  spread,
  stress,
} from './cases.ts';
import {
  blockAfter,
  deadShare,
  gilbert,
  heldByFirewall,
  hysteresis,
  inArms,
  policer,
  standsStill,
  window,
} from './misleading.ts';
import { away, lossy, openLimit, pool, port, rateLimit, reuse, together } from './paths.ts';
import { randomOf } from './random.ts';
import { asking, diagnoseIn, type Load, type More, type Path } from './world.ts';

/** A fault that may look like another one: what may be named, and what must not be excluded. */
interface Misleading {
  readonly what: string;
  readonly loads: readonly Load[];
  readonly path: () => Path;
  readonly more?: More;
  /** Named or not; anything else must not be. */
  readonly mayBe?: readonly CauseId[];
  /** At least possible. */
  readonly isOneOf?: readonly CauseId[];
}

const RECYCLE = [stress, reset, fresh];
const kept: Load = { arm: armOf({ name: 'keep', load: hold(10, 60), holdUs: sec(90) }) };
const few = (name: string, ecn: boolean, ports: number, perSec = 5): Load => ({
  ...short(name, { ...client(ecn), source: SOURCE(ports - 1, 'sequential') }, perSec),
  ports,
});
const after = (name: string, idleSec: number, changes: object = {}): Load => ({
  arm: asking(name, {
    ...changes,
    load: {
      kind: 'open',
      phases: [
        { kind: 'hold', ratePerSec: 0.001, forUs: sec(idleSec) },
        { kind: 'hold', ratePerSec: 40, forUs: sec(30) },
      ],
    },
  }),
});

const FAULTS: readonly Misleading[] = [
  {
    what: 'a firewall that itself still knows the last connection of a port',
    loads: RECYCLE,
    path: () => heldByFirewall(30),
    isOneOf: ['held-by-firewall', 'early-reuse'],
  },
  {
    what: 'early reuse, whose controls a firewall that knows the port would pass as well',
    loads: RECYCLE,
    path: () => reuse(1, 60, randomOf(1)),
    isOneOf: ['held-by-firewall', 'early-reuse'],
  },
  {
    what: 'a rule that goes by source ports',
    loads: RECYCLE,
    path: () => ({ syn: ({ arm }) => (arm.name === 'stress' && turn() ? 'drop' : 'pass') }),
  },
  {
    what: 'a defence that tests each client by a foreign ACK',
    loads: [stress, spread],
    path: () => ({
      syn: ({ copy }) => (copy === 0 && turn() ? 'drop' : 'pass'),
      answer: () => 'ack-foreign',
    }),
  },
  {
    what: 'a limit of new connections within a window, held connections',
    loads: [heldAtTwoRates, otherPort],
    path: () => window(100, 15),
    mayBe: ['window-limit'],
    isOneOf: ['window-limit'],
  },
  {
    what: 'ports that rest, without a word from the firewall',
    loads: [heldAtTwoRates, otherPort],
    path: () => pool(100, 10),
    isOneOf: ['nat-ports', 'window-limit', 'open-limit'],
  },
  {
    what: 'a block for just as long as connections are held',
    loads: [held(60, 60, 150), otherPort],
    path: () => blockAfter(60, 60),
    mayBe: ['window-limit'],
  },
  {
    what: 'the same, of one port',
    loads: [held(60, 60, 150), otherPort],
    path: () => inArms(['keep'], blockAfter(60, 60)),
    mayBe: ['window-limit'],
    isOneOf: ['window-limit'],
  },
  {
    what: 'limits per source and per port at once',
    loads: [held(20, 47, 120), otherPort],
    path: () =>
      together(
        openLimit(200, () => 'all'),
        openLimit(150, port),
      ),
    mayBe: ['open-limit'],
    isOneOf: ['open-limit'],
  },
  {
    what: 'a limit with hysteresis',
    loads: [held(20, 47, 120), otherPort],
    path: () => hysteresis(150, 100),
    mayBe: ['open-limit'],
    isOneOf: ['open-limit'],
  },
  {
    what: 'a token bucket with a big burst',
    loads: [{ arm: CLIMB }, kept, otherPort],
    path: () => rateLimit(60, 3_000),
    mayBe: ['rate-limit'],
    isOneOf: ['rate-limit'],
  },
  {
    what: 'a block of 64 ports for a subscriber',
    loads: [held(10, 20, 90), otherPort],
    path: () => pool(64, 30, () => 'all'),
    mayBe: ['nat-ports', 'state-table-full'],
    isOneOf: ['nat-ports'],
  },
  { what: 'a failover of 2 s', loads: [spread, short('connect')], path: () => away([[20, 22.1]]) },
  {
    what: 'a failover between two ages at which connections are proved',
    loads: [proved(5)],
    path: () => ({
      cut: (_, openedSec) => (openedSec < 11 ? { atSec: 11, how: 'silence' } : undefined),
    }),
    isOneOf: ['far-gone', 'idle-forgotten'],
  },
  { what: 'a dead member of eight', loads: RECYCLE, path: () => deadShare(8) },
  {
    what: 'a dead path of two, and few source ports',
    loads: [few('plain', false, 2), few('ecn', true, 2)],
    path: () => inArms(['ecn'], { syn: () => 'drop' }),
  },
  {
    what: 'ports of a NAT that somebody holds for longer than anybody waits, against a path that is dead',
    loads: [stress, fresh, RESTED],
    path: () => deadShare(4),
    more: { ...NEAR, nat: 'reassigned' },
  },
  {
    what: 'a rule by source ports, against another kind of client',
    loads: [
      few('plain', false, 400),
      {
        ...short('ecn', {
          ...client(true),
          source: {
            ...SOURCE(399, 'sequential'),
            ports: { range: { from: 30_000, to: 30_399 }, order: 'sequential', reuseAfterUs: 0 },
          },
        } as never),
        ports: 400,
      },
    ],
    path: () => inArms(['ecn'], { syn: () => 'drop' }),
    isOneOf: ['client-identity'],
  },
  {
    what: 'three SYNs of another kind that fail by accident',
    loads: [short('plain', client(false), 20), short('ecn', client(true), 0.05)],
    path: () => inArms(['ecn'], { syn: () => 'drop' }),
  },
  {
    what: 'a far end that stands still now and then, behind 20 ms',
    loads: [spread],
    path: () => standsStill(0.03, 0.02, randomOf(11)),
    mayBe: ['accept-queue'],
    isOneOf: ['accept-queue'],
  },
  {
    what: "loss in this machine's own interface",
    loads: [spread],
    path: () => lossy(0.03, randomOf(12)),
    more: { near: { TcpActiveOpens: 4_000, 'eth0.tx_dropped': 200 } },
    mayBe: ['probe'],
    isOneOf: ['probe'],
  },
  {
    what: "an outage, and drops of this machine's other traffic",
    loads: [spread],
    path: () => away([[20, 24]]),
    more: { near: { TcpActiveOpens: 10_000, 'conntrack.drop': 90_000 } },
    isOneOf: ['outage'],
  },
  {
    what: 'early reuse, before a far end that overflows for others',
    loads: RECYCLE,
    path: () => reuse(1, 60, randomOf(13)),
    more: { ...NEAR, far: { TcpExtListenOverflows: 900_000 } },
    mayBe: ['early-reuse'],
    isOneOf: ['early-reuse'],
  },
  {
    what: 'a proxy that is restarted each 20 s',
    loads: [spread],
    path: () => ({
      ...away(
        [
          [10, 12],
          [30, 32],
          [50, 52],
        ],
        'reset',
      ),
      answer: () => 'rst',
    }),
    mayBe: ['service-down'],
    isOneOf: ['service-down'],
  },
  {
    what: 'a proxy that refuses a client that has 100 open',
    loads: [held(10, 47, 120), otherPort],
    path: () => openLimit(100, () => 'all', 'reset'),
    mayBe: ['open-limit'],
    isOneOf: ['open-limit'],
  },
  {
    what: 'a policer with bursts',
    loads: [{ arm: CLIMB }, kept],
    path: () => policer(150, 40),
    mayBe: ['loss'],
  },
  {
    what: 'a radio that loses in bursts',
    loads: [spread, short('connect')],
    path: () => gilbert(randomOf(14)),
    mayBe: ['loss'],
    isOneOf: ['loss'],
  },
  {
    what: 'an address that is now here, now there',
    loads: [spread, short('connect')],
    path: () =>
      away([
        [10, 12.2],
        [22, 24.2],
        [34, 36.2],
      ]),
  },
  {
    what: 'one backend of three that comes and goes',
    loads: [{ arm: asking('traffic', { load: hold(60, 60) }) }],
    path: () => {
      let backend = 0;
      return {
        syn: ({ atSec }) => (++backend % 3 === 0 && Math.floor(atSec / 10) % 2 === 1 ? 'reset' : 'pass'),
        answer: () => 'rst',
      };
    },
  },
  {
    what: 'a host that stands still for 2 s, four times',
    loads: [spread],
    path: () =>
      away([
        [8, 10.1],
        [21, 23.2],
        [37, 39],
        [50, 52.3],
      ]),
  },
  {
    what: 'a router that does not reach the host',
    loads: [short('refused', {}, 10), otherPort],
    path: () => ({
      syn: () => 'reset',
      refusal: 'ICMP host-unreachable (3/1) from 10.9.9.1',
    }),
    isOneOf: ['outage'],
  },
  {
    what: 'a load balancer without a server',
    loads: [short('refused', {}, 10), otherPort],
    path: () => ({
      syn: (syn) => (port(syn) === '3128' ? 'reset' : 'pass'),
      refusal: 'ICMP port-unreachable (3/3) from 10.0.0.1',
    }),
    isOneOf: ['service-down', 'reject-by-policy'],
  },
  {
    what: 'something that keeps SYN-ACKs back for 1.3 s on a short path',
    loads: [spread],
    path: () => ({ rttSec: 1.3, dataRttSec: 0.001 }),
  },
  {
    what: 'requests that vanish for a time, while only one MSS is tried',
    loads: [after('large', 0), after('small', 31, { socket: { bind: [], mss: 536 } })],
    path: () => ({ swallowsRequest: ({ atSec }) => atSec < 31 }),
  },
  {
    what: 'lost SYNs of the proxy itself, sent again each second',
    loads: [spread],
    path: () => {
      const random = randomOf(15);
      const wait = (): number => (random() < 0.15 ? 1 + wait() : 0.002);
      return { firstByteSec: wait };
    },
  },
  {
    what: 'a sweep at whose end the path was away',
    loads: [
      {
        arm: asking('sweep', {
          load: {
            kind: 'sweep',
            delaysUs: [0.3, 0.5, 0.7, 1, 1.5, 2, 4, 8, 16, 30, 40, 50, 56, 58, 60, 62, 64, 68].map(sec),
            ...{ pairs: 12, ratePerSec: 10 },
          },
        }),
      },
    ],
    path: () => away([[58, 63]]),
    more: { ...NEAR, nat: 'preserved', scenario: { findings: ['reuse-band'] } },
  },
  {
    what: 'names looked up elsewhere: failed insertions that no NAT had',
    loads: [held(50, 120, 60)],
    path: () => lossy(0.02, randomOf(16)),
    more: { ...NEAR, firewall: counted({ insert_failed: 70 }) },
  },
  {
    what: 'a firewall that limits a rate by RST, as the far side shows',
    loads: [{ arm: asking('traffic', { load: hold(100, 60) }) }],
    path: () => ({ ...rateLimit(90, 20, 'reset'), refusal: 'RST' }),
    more: { ...NEAR, both: { ...farOf({}), resetsInvented: 500 } },
    isOneOf: ['rate-limit', 'reset-injected'],
  },
  {
    what: 'a count of all that a firewall drops, for whatever reason',
    loads: [held(20, 30, 60), otherPort],
    path: () => pool(400, 10, () => 'all'),
    more: {
      ...NEAR,
      firewall: { ...counted({}), moved: [{ where: 'interface', key: 'drop', from: '0', to: '2000' }] },
    },
    isOneOf: ['state-table-full'],
  },
  {
    what: 'few source ports, each of which the firewall lets rest: a level that no meter makes',
    loads: [{ arm: { ...CLIMB, source: SOURCE(39, 'sequential') }, ports: 40 }, kept],
    path: () => ({ syn: ({ restedSec }) => (restedSec !== null && restedSec < 0.79 ? 'drop' : 'pass') }),
    isOneOf: ['held-by-firewall'],
  },
  {
    what: 'loss and a limit at once',
    loads: [held(12, 47, 120), spread],
    path: () =>
      together(
        lossy(0.02, randomOf(17)),
        openLimit(200, ({ arm }) => arm.name),
      ),
    mayBe: ['loss', 'open-limit'],
  },
  {
    what: 'loss of SYN-ACKs, which go the other way than requests',
    loads: [spread, short('connect')],
    path: () => {
      const random = randomOf(23);
      return { syn: () => (random() < 0.05 ? 'drop' : 'pass') };
    },
    more: { ...NEAR, both: farOf({ spread: { recovered: { 'syn-ack-lost': 40 } } }) },
    mayBe: ['loss'],
    isOneOf: ['loss'],
  },
  {
    what: 'an outage and early reuse at once',
    loads: RECYCLE,
    path: () => together(away([[30, 34]]), reuse(1, 60, randomOf(18))),
    mayBe: ['early-reuse'],
    isOneOf: ['early-reuse'],
  },
];

/** Every second one. */
let turns = 0;
function turn(): boolean {
  turns += 1;
  return turns % 2 === 0;
}

describe('a fault that looks like another', () => {
  it.each(FAULTS)('is not named wrongly: $what', ({ loads, path, more = NEAR, mayBe = [], isOneOf = [] }) => {
    const { causes, text } = diagnoseIn(loads, path(), more);
    const named = causes.filter(({ status }) => status === 'named').map(({ id }) => id);
    expect(
      named.filter((id) => !mayBe.some((one) => one === id)),
      text,
    ).toEqual([]);
    for (const id of isOneOf)
      expect(['named', 'possible'], `${id}: ${text}`).toContain(
        causes.find((cause) => cause.id === id)?.status,
      );
  });
});

describe('an arm beside the ill one', () => {
  it('that was refused has not been clean of stalls', () => {
    const random = randomOf(19);
    const { causes } = diagnoseIn(
      [spread, otherPort],
      { syn: (syn) => (port(syn) === '3129' ? 'reset' : random() < 0.2 ? 'drop' : 'pass') },
      NEAR,
    );
    const said = causes.flatMap((cause) => [...cause.for, ...cause.against]);
    expect(said.filter((text) => /of arm other-port stalled/.test(text))).toEqual([]);
  });
});
