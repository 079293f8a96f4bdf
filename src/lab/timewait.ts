import { ADDRESSES } from './addresses.ts';
import type { Draw } from './draw.ts';
import { type FirewallRules, loadFirewall } from './firewall.ts';
import type { Lab } from './lab.ts';
import type { Nat, NatPool } from './nat.ts';
import { oneOf, wholeNumber, wholeSeconds } from './parameters.ts';
import { clientTimestamps } from './preset.ts';
import { INSIDE, OUTSIDE } from './topology.ts';

/**
 * Parameters of the presets that free source ports early. Timestamps are off, as with Windows clients: with them a
 * TIME_WAIT tells a new connection from an old segment (RFC 6191) and most collisions heal.
 */
export function timeWaitParameters(fallbackSec: number) {
  return {
    t: wholeSeconds({
      help: "the firewall's TIME_WAIT: from the last FIN until the port may be given out again",
      fallback: fallbackSec,
      min: 1,
      max: 600,
    }),
    ports: poolSize(0),
    pick: pickOrder(),
    timestamps: clientTimestamps('off'),
  };
}

/** Timers that free ports early, and pools large enough for the rate of a trial: nothing but early reuse is ill. */
export function varyTimeWait(draw: Draw): {
  readonly [key in 't' | 'ports' | 'pick' | 'clients']: string;
} {
  return {
    // One address alone numbers its connections upwards, and collides with none of its own.
    clients: String(draw.pick([2, 5, 10, 40])),
    t: draw.seconds(1, 6),
    ports: String(draw.pick([0, draw.whole(500, 1_500)])),
    pick: draw.pick(['in-turn', 'random']),
  };
}

/** Pools start here: below the ports that clients bind, so that no client gets its own port by chance. */
const FIRST_POOL_PORT = 2_000;
const LARGEST_POOL = 12_000;

export function poolSize(fallback: number) {
  return wholeNumber({
    help: `ports of the NAT, from ${FIRST_POOL_PORT} up${fallback > 0 ? '' : '; 0: all, preserving the client’s port if it is free'}`,
    fallback,
    min: fallback > 0 ? 1 : 0,
    max: LARGEST_POOL,
  });
}

export function pickOrder() {
  return oneOf(['in-turn', 'random'], {
    help: 'which free port of the pool comes next',
    fallback: 'in-turn',
  });
}

/**
 * Linux keeps an entry for 10 s after an RST (net/netfilter/nf_conntrack_proto_tcp.c); never longer than after a FIN.
 */
const RST_SEC = 10;

export interface TimeWaitValues {
  readonly t: number;
  readonly ports: number;
  readonly pick: NatPool['pick'];
}

/** Of a preset that has such a pool. */
export const sizeOfPool = ({ ports }: Pick<TimeWaitValues, 'ports'>): number | undefined =>
  ports === 0 ? undefined : ports;

/** A NAT that keeps the ports of ended connections for t. */
export function natOf({ t, ports, pick }: TimeWaitValues, rstSec = Math.min(t, RST_SEC)): Nat {
  const range = { from: FIRST_POOL_PORT, to: FIRST_POOL_PORT + ports - 1 };
  return { finSec: t, rstSec, pool: ports === 0 ? undefined : { ports: range, pick } };
}

export async function loadTimeWaitFirewall(
  lab: Lab,
  values: TimeWaitValues,
  forward: FirewallRules['forward'] = [],
): Promise<void> {
  await loadFirewall(lab, { forward, nat: natOf(values) });
}

/**
 * A proxy in TIME_WAIT answers a SYN that looks like a stray segment with a bare ACK (RFC 9293, section 3.10.7.4).
 * Linux passes that ACK, and the client's RST resolves the conflict. A strictly stateful firewall drops it as invalid:
 * the far side has not answered this connection before, and it is neither SYN nor RST.
 */
export const DROP_BARE_ACK = `iifname "${OUTSIDE}" ip saddr ${ADDRESSES.far} ct reply packets <= 1 tcp flags & (syn|rst) == 0 drop`;

/** The reverse: the ACK passes, but the client's RST in answer does not reach the far side. */
export const DROP_CLIENT_RST = `iifname "${INSIDE}" tcp flags & rst != 0 ct reply packets == 0 drop`;
