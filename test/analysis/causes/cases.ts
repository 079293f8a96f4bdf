import type { CauseId } from '../../../src/analysis/causes/index.ts';
import type { FarPorts, FarSeries, FarSummary } from '../../../src/metrics/far.ts';
import type { SweepLoad } from '../../../src/scenario/load-types.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf, hold, sec } from '../parts.ts';
import { deadShare } from './misleading.ts';
import { away, lossy, nearlyFull, openLimit, pool, port, rateLimit, reuse } from './paths.ts';
import { randomOf } from './random.ts';
import { asking, type Load, type More, type Path } from './world.ts';

/** A run that decides for a cause, and the same without what decides. */
export interface Case {
  readonly cause: CauseId;
  readonly what: string;
  readonly loads: readonly Load[];
  readonly path: () => Path;
  readonly more?: More;
  /** Without which arm, or with what else instead, nothing is named any more. */
  readonly without?: {
    readonly arms?: readonly string[];
    readonly more?: More;
    readonly loads?: readonly Load[];
    readonly path?: () => Path;
  };
}

/** Counters of this machine are known, and none of drops moved. */
export const NEAR: More = { near: { TcpActiveOpens: 10_000 } };

const OTHER_PORT = { scheme: 'tcp', host: '10.0.0.1', port: 3_129, path: '' } as const;
export const SOURCE = (
  ports: number,
  order: 'sequential' | 'lru',
  reuseAfterUs = 0,
): NonNullable<Arm['source']> =>
  ({
    addresses: [{ kind: 'all' }],
    ports: { range: { from: 20_000, to: 20_000 + ports }, order, reuseAfterUs },
  }) as unknown as NonNullable<Arm['source']>;

export const stress: Load = {
  arm: asking('stress', { load: hold(100, 60), source: SOURCE(500, 'sequential') }),
  ports: 500,
};
export const reset: Load = {
  arm: asking('reset-control', { load: hold(20, 60), close: 'reset', source: SOURCE(100, 'sequential') }),
  ports: 100,
};
export const fresh: Load = { arm: asking('fresh', { load: hold(10, 60), source: SOURCE(5_000, 'lru') }) };

/** From ports that are used once, and that nobody holds after their RST. */
export const RESTED: Load = {
  arm: asking('rested', { load: hold(10, 60), close: 'reset', source: SOURCE(5_000, 'lru') }),
};

/** All that is open then ends. */
export const cutAt =
  (sec: number): NonNullable<Path['cut']> =>
  (_, openedSec) =>
    openedSec < sec ? { atSec: sec, how: 'FIN' } : undefined;

export const short = (name: string, changes: Partial<Arm> = {}, perSec = 5): Load => ({
  arm: armOf({ name, load: hold(perSec, 60), close: 'reset', ...changes }),
});
export const otherPort = short('other-port', { target: OTHER_PORT });
export const held = (perSec: number, holdSec: number, forSec: number): Load => ({
  arm: armOf({ name: 'keep', load: hold(perSec, forSec), holdUs: sec(holdSec) }),
});

/** Fills what there is room for at one rate and again at another. */
export const heldAtTwoRates: Load = {
  arm: armOf({
    ...{ name: 'keep', holdUs: sec(5) },
    load: {
      kind: 'open',
      phases: [
        { kind: 'hold', ratePerSec: 50, forUs: sec(30) },
        { kind: 'hold', ratePerSec: 20, forUs: sec(60) },
      ],
    },
  }),
};

/** Held for 5 s each from ports that are used once, more than a pool of 100 has room for. */
export const fill: Load = {
  arm: armOf({ name: 'fill', load: hold(40, 60), holdUs: sec(5), source: SOURCE(9_000, 'lru') }),
};

export const CLIMB = asking('climb', {
  load: {
    kind: 'open',
    phases: [{ kind: 'step', fromPerSec: 50, toPerSec: 250, byPerSec: 50, eachUs: sec(12) }],
  },
});
export const spread: Load = { arm: asking('spread', { load: hold(60, 60), source: SOURCE(9_000, 'lru') }) };
export const client = (ecn: boolean): Partial<Arm> => ({
  client: { profile: 'linux-6', knobs: ecn ? { ecn: 'ecn' } : {} },
});
export const closedPort = (name: string, number: number): Load => ({
  arm: armOf({
    name,
    load: hold(5, 20),
    expect: { kind: 'refused' } as Arm['expect'],
    target: { ...OTHER_PORT, port: number },
  }),
});

const SWEEP: SweepLoad = {
  kind: 'sweep',
  delaysUs: [0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 2, 4, 8, 16, 30, 40, 50, 56, 58, 62, 64, 68, 72].map(sec),
  pairs: 12,
  ratePerSec: 10,
};

/** Connections that are held for 20 s and each proved once, after 4, 14 or 20 s. */
export const proved = (forSec: number): Load => ({
  arm: armOf({ name: 'keep', load: hold(100 / forSec, forSec), holdUs: sec(20), proveUs: [sec(4), sec(14)] }),
});

/** A pool of 100 ports, all of which were taken whenever SYNs did not arrive. */
export function portsOf(changes: Partial<FarPorts> = {}): FarPorts {
  return {
    ...{ ports: 100, handshakes: 600, missed: 200, takenAtLeast: 98, takenMedian: 100, takenMost: 100 },
    ...{ later: 400, laterNew: 0, restUs: 10_000_000 },
    ...changes,
  };
}

/** What a far side saw of stalled SYNs. */
export function farOf(fates: Readonly<Record<string, FarSeries['fates']>>, ports?: FarPorts): FarSummary {
  const series = Object.entries(fates).map(([name, one]) => [name, { kept: 40, matched: 40, fates: one }]);
  const nat = {
    ...{ kind: ports === undefined ? 'none' : 'random', portsKept: 40 },
    ...{ externalAddresses: [], externalAddressCount: 0, ports },
  };
  return {
    resetsInvented: 0,
    synAcksInvented: 0,
    series: Object.fromEntries(series),
    nat,
  } as unknown as FarSummary;
}

/** Counters of the firewall that grew from 0. */
export function counted(counters: Readonly<Record<string, number>>): NonNullable<More['firewall']> {
  const moved = Object.entries(counters).map(([key, to]) => ({
    where: 'cpu=0',
    key,
    from: '0',
    to: String(to),
  }));
  return { outputs: { before: 1, during: 0, after: 1 }, failures: [], moved, movedMore: 0 };
}

/** What a rule rejects, with as many errors a second as are let through; the rest is silence. */
function rejecting(refusal: string, everySec: number): Path {
  let nextSec = 0;
  return {
    refusal,
    syn(syn) {
      if (port(syn) !== '3128') return 'pass';
      if (syn.atSec < nextSec) return 'drop';
      nextSec = syn.atSec + everySec;
      return 'reset';
    },
  };
}

function lossOfSyns(share: number, random: () => number): Path {
  return { syn: () => (random() < share ? 'drop' : 'pass') };
}

/** As after a first segment that is lost and sent again (TCP_RTO_MIN, 200 ms). */
function lateResponses(share: number, random: () => number): Path {
  return { firstByteSec: () => (random() < share ? 0.206 : 0.002) };
}

export const CASES: readonly Case[] = [
  {
    cause: 'early-reuse',
    what: 'bare ACKs that the far side sent and that did not come back',
    loads: [stress, reset, fresh],
    path: () => reuse(1, 60, randomOf(1)),
    more: { ...NEAR, both: farOf({ stress: { frozen: { 'ack-lost': 40 } } }) },
    without: { more: NEAR },
  },
  {
    cause: 'early-reuse',
    what: 'a sweep with two edges',
    loads: [{ arm: asking('sweep', { load: SWEEP }) }],
    path: () => reuse(1, 60, randomOf(5)),
    more: { ...NEAR, nat: 'preserved', scenario: { findings: ['reuse-band'] } },
    without: { path: () => reuse(1, 600, randomOf(5)) },
  },
  {
    cause: 'early-reuse',
    what: 'handshakes that heal after a bare ACK',
    loads: [stress, fresh],
    path: () => ({
      heals: ({ restedSec }) => restedSec !== null && restedSec < 60,
      answer: () => 'ack-foreign',
    }),
    more: NEAR,
    without: { arms: ['fresh'] },
  },
  {
    cause: 'early-reuse',
    what: 'bare ACKs that come back',
    loads: [stress, fresh],
    path: () => ({ ...reuse(1, 60, randomOf(2)), answer: () => 'ack-foreign' }),
    more: NEAR,
    without: { path: () => reuse(1, 60, randomOf(2)) },
  },
  {
    cause: 'early-reuse',
    what: 'handshakes that heal after a bare ACK that the far side sent',
    loads: [stress],
    path: () => ({
      heals: ({ restedSec }) => restedSec !== null && restedSec < 60,
      answer: () => 'ack-foreign',
    }),
    more: { ...NEAR, both: farOf({ stress: { healed: { 'ack-returned': 40 } } }) },
    without: { more: NEAR },
  },
  {
    cause: 'nat-ports',
    what: '100 ports that rest for 10 s, another port clean, failed searches on the firewall',
    loads: [heldAtTwoRates, otherPort],
    path: () => pool(100, 10),
    more: { ...NEAR, firewall: counted({ insert_failed: 6_000 }) },
    without: { more: NEAR },
  },
  {
    cause: 'nat-ports',
    what: 'the far side saw 100 ports and no others, and all of them were taken as SYNs did not arrive',
    loads: [fill, otherPort],
    path: () => pool(100, 10),
    more: { ...NEAR, both: farOf({ fill: { frozen: { 'not-seen': 40 } } }, portsOf()) },
    without: {
      more: { ...NEAR, both: farOf({ fill: { frozen: { 'not-seen': 40 } } }, portsOf({ laterNew: 300 })) },
    },
  },
  {
    cause: 'nat-nearly-full',
    what: 'a search for a port that fails now and then above 2,500',
    loads: [held(50, 120, 60), short('other-port', { target: OTHER_PORT }, 30)],
    path: () => nearlyFull(2_500, 0.1, randomOf(6)),
    more: { ...NEAR, firewall: counted({ insert_failed: 60, drop: 60 }) },
    without: { more: NEAR },
  },
  {
    cause: 'state-table-full',
    what: 'the firewall counts its drops',
    loads: [held(20, 30, 60), otherPort],
    path: () => pool(400, 10, () => 'all'),
    more: { ...NEAR, firewall: counted({ drop: 2_000 }) },
    without: { more: NEAR },
  },
  {
    cause: 'reset-injected',
    what: 'RSTs that the far side never sent, for SYNs of one client',
    loads: [short('plain', client(false), 20), short('ecn', client(true), 20)],
    path: () => {
      const random = randomOf(8);
      return {
        syn: ({ arm }) => (arm.name === 'plain' && random() < 0.1 ? 'reset' : 'pass'),
        refusal: 'RST',
      };
    },
    more: { ...NEAR, both: { ...farOf({}), resetsInvented: 120 } },
    without: { more: NEAR },
  },
  {
    cause: 'reset-injected',
    what: 'RSTs in place of answers, which the far side never sent',
    loads: [spread],
    path: () => {
      const random = randomOf(9);
      return { breaks: () => (random() < 0.1 ? 'response-reset' : undefined) };
    },
    more: { ...NEAR, both: { ...farOf({}), resetsInvented: 320 } },
    without: { more: NEAR },
  },
  {
    cause: 'reset-injected',
    what: 'RSTs in place of answers, from another distance than the SYN-ACKs',
    loads: [spread, otherPort],
    path: () => {
      const random = randomOf(9);
      return {
        breaks: () => (random() < 0.1 ? 'response-reset' : undefined),
        answer: () => 'rst-other-ttl',
      };
    },
    more: NEAR,
    without: {
      path: () => {
        const random = randomOf(9);
        return { breaks: () => (random() < 0.1 ? 'response-reset' : undefined) };
      },
    },
  },
  {
    cause: 'idle-forgotten',
    what: 'silence after 8 s, opened for longer than the ages differ',
    loads: [proved(20)],
    path: () => ({ cut: (_, openedSec) => ({ atSec: openedSec + 8, how: 'silence' }) }),
    more: NEAR,
    without: { loads: [proved(5)] },
  },
  {
    cause: 'age-limit',
    what: 'an RST at 8 s, whenever it was opened',
    loads: [proved(20)],
    path: () => ({ cut: (_, openedSec) => ({ atSec: openedSec + 8, how: 'RST' }) }),
    more: { ...NEAR, scenario: { findings: ['cut-age'] } },
    without: { loads: [proved(1)] },
  },
  {
    cause: 'open-limit',
    what: '600 connections to one port, filled slowly',
    loads: [held(12, 120, 200), otherPort],
    path: () => openLimit(600),
    more: NEAR,
    without: { loads: [held(12, 120, 100), otherPort] },
  },
  {
    cause: 'open-limit',
    what: '50 connections in all',
    loads: [held(5, 60, 120), otherPort],
    path: () => openLimit(50, () => 'all'),
    more: NEAR,
    without: { loads: [held(5, 60, 45), otherPort] },
  },
  {
    cause: 'rate-limit',
    what: '120 SYNs a second, a stepped rate, connections held beside it',
    loads: [{ arm: CLIMB }, { arm: armOf({ name: 'keep', load: hold(10, 60), holdUs: sec(90) }) }],
    path: () => rateLimit(120, 20),
    more: NEAR,
    without: { arms: ['keep'] },
  },
  {
    cause: 'loss',
    what: 'two packets in a hundred, requests among them',
    loads: [spread, short('connect', {}, 20)],
    path: () => lossy(0.02, randomOf(3)),
    more: NEAR,
    without: { arms: ['spread'] },
  },
  {
    cause: 'accept-queue',
    what: 'the far end counts as many that found its queue full',
    loads: [spread, short('connect')],
    path: () => rateLimit(40, 5),
    more: { ...NEAR, far: { TcpExtListenOverflows: 9_000, TcpExtListenDrops: 9_000 } },
    without: { more: NEAR },
  },
  {
    cause: 'bad-endpoint',
    what: 'one of two addresses is silent',
    loads: [{ ...spread, endpoints: ['10.0.0.1:3128', '10.0.0.2:3128'] }],
    path: () => ({ syn: ({ endpoint }) => (endpoint.startsWith('10.0.0.2') ? 'drop' : 'pass') }),
    more: NEAR,
    without: {
      loads: [
        { arm: asking('few', { load: hold(0.5, 60) }), endpoints: ['10.0.0.1:3128', '10.0.0.2:3128'] },
        short('one', {}, 5),
      ],
    },
  },
  {
    cause: 'bad-endpoint',
    what: 'one of two addresses refuses',
    loads: [{ ...spread, endpoints: ['10.0.0.1:3128', '10.0.0.2:3128'] }, held(5, 20, 40)],
    path: () => ({
      syn: ({ endpoint }) => (endpoint.startsWith('10.0.0.2') ? 'reset' : 'pass'),
      answer: () => 'rst',
    }),
    more: NEAR,
    without: {
      loads: [
        { arm: asking('few', { load: hold(0.5, 60) }), endpoints: ['10.0.0.1:3128', '10.0.0.2:3128'] },
        short('one', {}, 5),
      ],
    },
  },
  {
    cause: 'dead-path',
    what: 'one flow in four is never answered, whichever arm it is of',
    loads: [stress, fresh, RESTED],
    path: () => deadShare(4),
    more: { ...NEAR, nat: 'preserved' },
    // Ports that are used again and are held for ever by whoever drops them would look the same.
    without: { loads: [stress, fresh] },
  },
  {
    cause: 'client-identity',
    what: 'first SYNs with ECN are dropped, and those that are sent again without pass',
    loads: [
      short('plain', client(false)),
      short('ecn', client(true)),
      short('windows', { client: { profile: 'windows-11', knobs: {} } }),
    ],
    path: () => ({ syn: ({ arm, copy }) => (arm.name === 'ecn' && copy === 0 ? 'drop' : 'pass') }),
    more: NEAR,
    without: { arms: ['windows'] },
  },
  {
    cause: 'client-identity',
    what: 'SYNs with ECN are dropped',
    loads: [short('plain', client(false)), short('ecn', client(true))],
    path: () => ({ syn: ({ arm }) => (arm.name === 'ecn' ? 'drop' : 'pass') }),
    more: NEAR,
    without: { arms: ['plain'] },
  },
  {
    cause: 'long-path',
    what: 'a round trip of 1.3 s, as timestamps show',
    loads: [spread, short('connect')],
    path: () => ({ rttSec: 1.3 }),
    more: NEAR,
    without: { path: () => ({ rttSec: 1.3, hasNoStamps: true }) },
  },
  {
    cause: 'probe',
    what: 'its own conntrack drops as many',
    loads: [spread],
    path: () => away([[20, 24]]),
    more: { near: { TcpActiveOpens: 10_000, 'conntrack.drop': 300 } },
    without: { more: { near: { TcpActiveOpens: 10_000, 'conntrack.drop': 30 } } },
  },
  {
    cause: 'service-down',
    what: 'refused for 2.6 s, by the TTL of the far end, as what was open was cut',
    loads: [spread, short('connect'), held(5, 60, 60)],
    path: () => ({ ...away([[30.4, 33.0]], 'reset'), answer: () => 'rst', cut: cutAt(30.4) }),
    more: NEAR,
    without: { path: () => ({ ...away([[30.4, 33.0]], 'reset'), answer: () => 'rst' }) },
  },
  {
    cause: 'reject-by-policy',
    what: 'ICMP errors from the first to the last',
    loads: [short('refused'), otherPort],
    path: () => ({
      syn: (syn) => (port(syn) === '3128' ? 'reset' : 'pass'),
      refusal: 'ICMP admin-prohibited (3/13) from 10.9.9.1',
    }),
    more: NEAR,
    without: { path: () => rejecting('ICMP port-unreachable (3/3) from 10.9.9.1', 0) },
  },
  {
    cause: 'reject-by-policy',
    what: 'one ICMP error a second, as Linux limits them, and silence',
    loads: [short('refused'), otherPort],
    path: () => rejecting('ICMP net-prohibited (3/9) from 10.9.9.1', 0.5),
    more: NEAR,
    without: { path: () => rejecting('ICMP port-unreachable (3/3) from 10.9.9.1', 0.5) },
  },
  {
    cause: 'probe',
    what: 'its SYNs were never seen to leave',
    loads: [spread],
    path: () => ({ ...lossOfSyns(0.1, randomOf(11)), answer: () => 'not-seen' }),
    more: NEAR,
    without: { more: {}, path: () => lossOfSyns(0.1, randomOf(11)) },
  },
  {
    cause: 'loss-after-handshake',
    what: 'responses a fifth of a second late, and the far end sent as many segments again',
    loads: [spread],
    path: () => lateResponses(0.1, randomOf(12)),
    more: { ...NEAR, far: { TcpRetransSegs: 380, TcpExtTCPSynRetrans: 2 } },
    without: { more: NEAR },
  },
  {
    cause: 'pre-answered',
    what: 'two closed ports connect',
    loads: [closedPort('nine', 9), closedPort('eleven', 11)],
    path: () => ({}),
    more: NEAR,
    without: { arms: ['eleven'] },
  },
  {
    cause: 'mtu-black-hole',
    what: 'requests vanish but for a small MSS',
    loads: [spread, { arm: { ...spread.arm, name: 'small', socket: { bind: [], mss: 536 } } }],
    path: () => ({ swallowsRequest: ({ arm }) => arm.socket.mss === undefined }),
    more: NEAR,
    without: { arms: ['small'] },
  },
  {
    cause: 'dscp-policer',
    what: 'requests vanish with EF',
    loads: [spread, { arm: { ...spread.arm, name: 'voice', socket: { bind: [], tos: 0xb8 } } }],
    path: () => ({ swallowsRequest: ({ arm }) => arm.socket.tos === 0xb8 }),
    more: NEAR,
    without: { loads: [{ arm: { ...spread.arm, name: 'voice', socket: { bind: [], tos: 0xb8 } } }] },
  },
  {
    cause: 'fixed-wait',
    what: 'some first bytes come 5 s late',
    loads: [spread],
    path: () => {
      const random = randomOf(4);
      return { firstByteSec: () => (random() < 0.05 ? 5.002 : 0.002) };
    },
    more: NEAR,
    without: {
      path: () => {
        const random = randomOf(4);
        return { firstByteSec: () => [5.002, 1.002, 1.002][Math.floor(random() * 60)] ?? 0.002 };
      },
    },
  },
];

/** What looks like each cause that nothing decides that is seen from here: its own log does. It is told to be one of several. */
export const UNDECIDED: Readonly<Partial<Record<CauseId, Omit<Case, 'cause' | 'without'>>>> = {
  'held-by-firewall': {
    what: 'ports that are used again within its timer',
    loads: [stress, reset, fresh],
    path: () => ({
      syn: ({ arm, restedSec }) =>
        arm.close !== 'reset' && restedSec !== null && restedSec < 6 ? 'drop' : 'pass',
    }),
    more: NEAR,
  },
  'window-limit': {
    what: '300 connections in each 30 s',
    loads: [held(20, 47, 120), otherPort],
    path: () => {
      let [from, count] = [0, 0];
      return {
        syn(syn) {
          if (syn.atSec >= from + 30) [from, count] = [syn.atSec, 0];
          count += 1;
          return count > 300 ? 'drop' : 'pass';
        },
      };
    },
    more: NEAR,
  },
  'syn-flood-defence': {
    what: 'outages of 5 s, 10 s apart',
    loads: [spread, short('connect')],
    path: () =>
      away([
        [10, 15],
        [25, 30],
        [40, 45],
      ]),
    more: NEAR,
  },
  outage: {
    what: '4 s without anything',
    loads: [spread, short('connect')],
    path: () => away([[20, 24]]),
    more: NEAR,
  },
  'far-end-breaks': {
    what: 'RSTs in place of answers',
    loads: [spread],
    path: () => {
      const random = randomOf(13);
      return { breaks: () => (random() < 0.1 ? 'response-reset' : undefined) };
    },
    more: NEAR,
  },
  'service-listens': {
    what: 'one closed port connects',
    loads: [closedPort('nine', 9)],
    path: () => ({}),
    more: NEAR,
  },
  'far-gone': {
    what: 'all that was open is cut at one moment',
    loads: [proved(20)],
    path: () => ({ cut: (_, openedSec) => (openedSec < 15 ? { atSec: 15, how: 'RST' } : undefined) }),
    more: NEAR,
  },
};
