import { goesThroughProxy } from '../../scenario/far-end.ts';
import { loadAttempts } from '../../scenario/load-shape.ts';
import type { Load, Phase } from '../../scenario/load-types.ts';
import type { Arm, HostPort, SourceSpec } from '../../scenario/types.ts';
import type { PortSlices } from './ports.ts';
import type { Means } from './types.ts';

/** Longer than any common TIME_WAIT (RFC 5382 REQ-5: four minutes). */
const LONGER_THAN_ANY_US = 300_000_000;

/** Ports beyond one for each attempt, as some may be taken. */
const SPARE = 1.2;

const US = 1_000_000;

/** What every arm of a stage is made from. */
export interface Kit extends Means {
  /** How many stages came before: the names of arms tell. */
  readonly nth: number;
  readonly slices: Pick<PortSlices, 'take'>;
}

/** What an arm differs in from the base. */
interface Change extends Partial<Omit<Arm, 'name' | 'load'>> {
  /** Use source ports again after so many seconds; absent: use each once. */
  readonly againAfterSec?: number | undefined;
  /** So many source ports in all. */
  readonly portCount?: number | undefined;
  /** Addresses of this machine to come from. */
  readonly from?: SourceSpec['addresses'];
}

export function hold(ratePerSec: number, forSec: number): Phase {
  return { kind: 'hold', ratePerSec, forUs: Math.round(forSec * US) };
}

export function idle(forSec: number): Phase {
  return { kind: 'idle', forUs: Math.round(forSec * US) };
}

export function phases(...list: readonly Phase[]): Load {
  return { kind: 'open', phases: list };
}

/** An arm as the base, but for what is named. */
export function likeBase(kit: Kit, name: string, load: Load, change: Change = {}): Arm {
  const { againAfterSec, portCount, from, ...rest } = change;
  const arm = { ...kit.base, ...rest };
  return {
    ...arm,
    ...chooseSource(arm, choosePorts(kit, load, { againAfterSec, portCount }), from),
    name: kit.nth === 0 ? name : `${name}-${kit.nth + 1}`,
    load,
  };
}

/** An arm that only connects, to where the base connects to first or to another port of that host. */
export function connectOnly(
  kit: Kit,
  name: string,
  load: Load,
  { port, ...change }: Change & { readonly port?: number } = {},
): Arm {
  const { auth: _, tls: __, marker: ___, proxy: ____, pac: _____, beside, ...base } = kit.base;
  const first = firstHop(kit.base);
  // Another port is one of the first host; what is beside it need not have it.
  const several = port === undefined && beside !== undefined ? { beside } : {};
  return likeBase({ ...kit, base: { ...base, ...several } }, name, load, {
    via: 'tcp',
    target: { scheme: 'tcp', host: first.host, port: port ?? first.port, path: '' },
    request: { method: 'GET', version: '1.1', headers: [], body: '' },
    expect: { kind: 'established' },
    close: 'reset',
    ...change,
  });
}

/** What the base connects to. */
export function firstHop({ via, proxy, target }: Arm): HostPort {
  return goesThroughProxy(via) && proxy !== undefined ? proxy : target;
}

/** Whether the base exchanges anything on its connections. */
export function sendsRequests({ base }: Pick<Means, 'base'>): boolean {
  return base.via !== 'tcp';
}

function choosePorts(
  { slices, choosesPackets, base: { source } }: Kit,
  load: Load,
  { againAfterSec, portCount }: Pick<Change, 'againAfterSec' | 'portCount'>,
): SourceSpec['ports'] {
  if (source?.ports !== undefined || !choosesPackets) return source?.ports;
  const attempts = loadAttempts(load) ?? 0;
  const range = slices.take(portCount ?? Math.ceil(attempts * SPARE) + 20);
  if (range === undefined) return undefined;
  // In order: of several addresses, none uses a port that another has used.
  const reuseAfterUs = againAfterSec === undefined && load.kind !== 'sweep' ? LONGER_THAN_ANY_US : 0;
  return { range, order: 'sequential', reuseAfterUs };
}

/** Addresses that the user chose stay. */
function chooseSource(
  { source, socket }: Pick<Arm, 'source' | 'socket'>,
  ports: SourceSpec['ports'],
  from: SourceSpec['addresses'] | undefined,
): Pick<Arm, 'source' | 'socket'> {
  const own = source?.addresses ?? socket.bind.map((address) => ({ kind: 'address' as const, address }));
  const chosen = from ?? own;
  if (ports === undefined && chosen.length === 0) return { socket };
  return {
    socket: { ...socket, bind: [] },
    source: { ...source, addresses: chosen, ...(ports === undefined ? {} : { ports }) },
  };
}

/** From the last start to the end of an arm: a handshake that is given up. */
export const TAIL_SEC = 6;

/**
 * Limits are round, and so are rates that users ask for: a load of evenly spaced attempts that comes in step with a meter takes all that
 * it lets pass, and leaves others nothing.
 */
const OUT_OF_STEP = 0.967;

/** A share of the highest rate, per second. */
export function rate({ ratePerSec }: Kit, share: number): number {
  return Math.round(ratePerSec * share * OUT_OF_STEP * 1_000) / 1_000;
}

/** So many seconds, or as many as leave time for the last handshakes. */
export function within(forSec: number, leftSec: number): number {
  return Math.max(1, Math.floor(Math.min(forSec, leftSec - TAIL_SEC)));
}
