import type { Arm, SourceSpec } from '../../scenario/types.ts';
import {
  connectOnly,
  hold,
  idle,
  type Kit,
  likeBase,
  phases,
  rate,
  sendsRequests,
  TAIL_SEC,
  within,
} from './arms.ts';
import { buildClients } from './clients.ts';
import { bothAtOnce, closedHere, otherPackets } from './packets.ts';
import type { Built, Seen, StageId } from './types.ts';

const ON_LINUX = 'Linux, with the raw engine (npm package koffi)';

/** Longest delay of a sweep: beyond the minute for which most systems keep TIME_WAIT. */
const LONGEST_DELAY_SEC = 66;
const DELAYS_SEC = [0.3, 0.5, 0.7, 0.9, 1.3, 1.8, 2.5, 4, 7, 12, 20, 30, 40, 50, 57, 59, 61, 63, 66];
const PAIRS = 10;

/**
 * Ages at which idle connections are asked: nearer to each other than the time for which they are opened, so that what happens once is
 * told from what happens at an age.
 */
const IDLE_AGES_SEC = [3, 6, 12, 22, 34, 46];

/** How long connections are held at first, how far another time is from that, and for how long they are full then; seconds. */
const HELD_SEC = 26;
const APART_SEC = 5;
const FULL_FOR_SEC = 6;

export const BUILDERS: Readonly<Record<StageId, (kit: Kit, seen: Seen) => Built>> = {
  baseline: (kit, { leftSec }) => {
    const forSec = within(12, leftSec);
    return {
      arms: [likeBase(kit, 'baseline', phases(hold(rate(kit, 0.8), forSec))), ...controls(kit, forSec)],
    };
  },
  breadth: buildBreadth,
  together: (kit, { stalledShare = 0.1, leftSec }) => {
    const ratePerSec = rate(kit, 0.45);
    const forSec = within(clamp(60 / (stalledShare * ratePerSec), 16, 45), leftSec);
    return {
      arms: [
        likeBase(kit, 'baseline', phases(hold(ratePerSec, forSec)), fromAll(kit)),
        ...reuse(kit, 0.2, forSec),
        ...otherSource(kit, 0.1, forSec),
        ...controls(kit, forSec),
      ],
    };
  },
  steps: buildSteps,
  cycle: buildCycle,
  ages: buildAges,
  packets: buildPackets,
  clients: buildClients,
  idle: (kit, { leftSec }) => {
    const holdSec = Math.min(60, leftSec - 25);
    if (holdSec < 20) return { needs: 'more time (--duration)' };
    return { arms: [idleConnections(kit, 0.3, 20, holdSec, IDLE_AGES_SEC), ...controls(kit, 20)] };
  },
};

/** What a baseline does not show: ports used again, many open at once, other packets, idle connections. */
function buildBreadth(kit: Kit, { leftSec }: Seen): Built {
  const heldSec = HELD_SEC;
  const forSec = within(24, leftSec - heldSec);
  // Longer than the others, and longer than it takes until the first are closed: to see when there is room again.
  const fillsSec = leftSec > 2 * heldSec + TAIL_SEC ? heldSec + 4 : forSec;
  if (forSec < 5) return { needs: 'more time (--duration)' };
  const opensSec = Math.min(18, forSec);
  const idleSec = Math.min(heldSec + forSec - opensSec, 38);
  return {
    arms: [
      likeBase(kit, 'baseline', phases(hold(rate(kit, 0.09), forSec)), {
        ...fromAll(kit),
        ...closedHere(kit),
      }),
      connectOnly(kit, 'held', phases(hold(rate(kit, 0.5), fillsSec)), {
        holdUs: heldSec * 1_000_000,
        close: 'fin',
      }),
      ...reuse(kit, 0.14, forSec),
      ...otherSource(kit, 0.04, forSec),
      ...otherPackets(kit, 0.03, forSec),
      idleConnections(kit, 0.06, opensSec, idleSec, IDLE_AGES_SEC),
      ...closed(kit, 0.04, forSec),
    ],
  };
}

/** Where nothing got through for seconds, the lowest rate that is tried, of the highest: a defence lets so few pass. */
const LEAST_STEP = 0.12;

/** Below and above what gets through, beside connections that are held. */
function buildSteps(kit: Kit, { passedPerSec, leftSec }: Seen): Built {
  const top = kit.ratePerSec;
  const eachSec = 9;
  const keepSec = 6;
  const needed = keepSec + 1 + 3 * eachSec + TAIL_SEC;
  if (leftSec < needed) return { needs: 'more time (--duration)' };
  const passed =
    passedPerSec === undefined || passedPerSec >= top ? top * 0.6 : Math.max(passedPerSec, top * LEAST_STEP);
  const highest = top * 0.98;
  // The highest before the middle one: it uses up a burst that would hide what is only a little too much.
  const levels = [passed * 0.77, highest, Math.min(passed * 1.07, highest * 0.9)].map(
    (level) => Math.round(level * 10) / 10,
  );
  return {
    arms: [
      connectOnly(kit, 'keep', phases(hold(Math.min(rate(kit, 0.9), passed * 0.75), keepSec)), {
        holdUs: (3 * eachSec + 4) * 1_000_000,
        close: 'fin',
      }),
      likeBase(kit, 'steps', phases(idle(keepSec + 1), ...levels.map((level) => hold(level, eachSec)))),
    ],
  };
}

/** Filled several times, at two rates: what has a clock of its own does not know how many are open. */
function buildCycle(kit: Kit, { most, leftSec }: Seen): Built {
  const [fast, slow] = [rate(kit, 0.8), rate(kit, 0.4)];
  const count = most ?? fast * 5;
  const holdSec = Math.ceil(count / slow) + 4;
  const forSec = 4 * holdSec;
  if (forSec + holdSec + TAIL_SEC > leftSec) return buildOtherHold(kit, count, leftSec);
  return {
    arms: [
      connectOnly(kit, 'fill', phases(hold(fast, 2 * holdSec), hold(slow, 2 * holdSec)), {
        holdUs: holdSec * 1_000_000,
        close: 'fin',
      }),
      ...quietControls(kit, forSec),
    ],
  };
}

/** Filled once more, for another time than before: a clock that makes room by itself cannot have been of two lengths. */
function buildOtherHold(kit: Kit, count: number, leftSec: number): Built {
  const fast = rate(kit, 0.88);
  const fillSec = Math.ceil(count / fast);
  const holdSec =
    Math.abs(fillSec + FULL_FOR_SEC - HELD_SEC) < APART_SEC ? HELD_SEC + APART_SEC : fillSec + FULL_FOR_SEC;
  const forSec = holdSec + 4;
  if (forSec + holdSec + TAIL_SEC > leftSec)
    return { needs: `more time, or a higher rate: ${count} connections have to be filled twice` };
  return {
    arms: [
      connectOnly(kit, 'fill', phases(hold(fast, forSec)), { holdUs: holdSec * 1_000_000, close: 'fin' }),
      ...quietControls(kit, forSec),
    ],
  };
}

/** At which ages of a source port it stalls: from two addresses, almost without load. */
function buildAges(kit: Kit, { leftSec }: Seen): Built {
  if (!kit.choosesPackets) return { needs: ON_LINUX };
  if (kit.sources.length < 2) return { needs: 'a second address on this machine' };
  if (kit.base.source?.ports !== undefined) return { needs: 'source ports of its own' };
  const delays = DELAYS_SEC.filter((delay) => delay <= Math.min(LONGEST_DELAY_SEC, leftSec - 12));
  if (delays.length < 10) return { needs: 'more time (--duration)' };
  const load = {
    kind: 'sweep' as const,
    delaysUs: delays.map((delay) => delay * 1_000_000),
    pairs: PAIRS,
    ratePerSec: Math.min(kit.ratePerSec, 10),
  };
  const from = kit.sources.slice(0, 2).map((address) => ({ kind: 'address' as const, address }));
  return {
    arms: [
      likeBase(kit, 'ages', load, { from, portCount: PAIRS * delays.length + 50, ...closedByPeer(kit) }),
    ],
  };
}

function buildPackets(kit: Kit, { leftSec }: Seen): Built {
  if (!kit.choosesPackets) return { needs: ON_LINUX };
  const forSec = within(12, leftSec);
  return {
    arms: [
      likeBase(kit, 'baseline', phases(hold(rate(kit, 0.15), forSec))),
      ...otherPackets(kit, 0.15, forSec),
      ...bothAtOnce(kit, 0.15, forSec),
      ...controls(kit, forSec),
    ],
  };
}

/**
 * Ports used again within seconds, after a FIN and after an RST: stalls of a port that is still held differ. A handshake that is given
 * up has its port for as long: there are more than those. From all addresses in turn, where there are several: one host numbers the
 * connections of a 5-tuple upwards (RFC 6528), by which a far end in TIME_WAIT knows the next one for new; another host does not.
 */
function reuse(kit: Kit, share: number, forSec: number): Arm[] {
  if (!kit.choosesPackets || kit.base.source?.ports !== undefined) return [];
  const ratePerSec = rate(kit, share);
  const againAfterSec = kit.base.handshakeTimeoutUs / 1_000_000 + 3;
  const ports = (perSec: number) => ({
    ...{ againAfterSec, portCount: Math.max(16, Math.ceil(perSec * againAfterSec)) },
    ...fromAll(kit),
  });
  return [
    likeBase(kit, 'reuse', phases(hold(ratePerSec, forSec)), {
      ...ports(ratePerSec),
      ...closedByPeer(kit),
    }),
    likeBase(kit, 'reuse-reset', phases(hold(ratePerSec / 2, forSec)), {
      ...ports(ratePerSec / 2),
      close: 'reset',
    }),
  ];
}

/**
 * A far end that still holds a port takes it again from the same host, whose sequence numbers go on (RFC 6191, RFC 9293 section 3.6.1),
 * but seldom from another one behind the same address.
 */
function fromAll(kit: Kit): { from?: SourceSpec['addresses'] } {
  return choosesSources(kit) ? { from: [{ kind: 'all' }] } : {};
}

/** The far end holds the ports then, as a proxy does. */
function closedByPeer(kit: Kit): Pick<Arm, 'close'> {
  return { close: sendsRequests(kit) ? 'peer' : kit.base.close };
}

/** This machine has several addresses, and the user has chosen none of them. */
function choosesSources({ sources, base }: Kit): boolean {
  const isChosen = (base.source?.addresses.length ?? 0) > 0 || base.socket.bind.length > 0;
  return sources.length > 1 && !isChosen;
}

function otherSource(kit: Kit, share: number, forSec: number): Arm[] {
  const [, second] = kit.sources;
  if (second === undefined || !choosesSources(kit)) return [];
  const from = [{ kind: 'address' as const, address: second }];
  return [likeBase(kit, 'other-source', phases(hold(rate(kit, share), forSec)), { from })];
}

function idleConnections(
  kit: Kit,
  share: number,
  forSec: number,
  holdSec: number,
  ages: readonly number[],
): Arm {
  return connectOnly(kit, 'idle', phases(hold(rate(kit, share), forSec)), {
    holdUs: Math.round(holdSec * 1_000_000),
    proveUs: ages.filter((age) => age < holdSec - 1).map((age) => age * 1_000_000),
    close: 'fin',
  });
}

/** Other ports of the same host, at the same time. */
function controls(kit: Kit, forSec: number): Arm[] {
  return [...closed(kit, 0.1, forSec), ...other(kit, 0.1, forSec)];
}

/** The same, so little that they do not count where the rate does. */
function quietControls(kit: Kit, forSec: number): Arm[] {
  return [...closed(kit, 0.04, forSec), ...other(kit, 0.04, forSec)];
}

function other(kit: Kit, share: number, forSec: number): Arm[] {
  const { otherPort } = kit.spec;
  return otherPort === undefined
    ? []
    : [connectOnly(kit, 'other-port', phases(hold(rate(kit, share), forSec)), { port: otherPort })];
}

function closed(kit: Kit, share: number, forSec: number): Arm[] {
  const { closedPorts } = kit.spec;
  return closedPorts.map((port) =>
    connectOnly(kit, `closed-${port}`, phases(hold(rate(kit, share / closedPorts.length), forSec)), {
      ...{ port, expect: { kind: 'refused' as const } },
    }),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
