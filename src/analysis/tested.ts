import { peakPerSec } from '../scenario/load-shape.ts';
import type { Load } from '../scenario/load-types.ts';
import { redactPath } from '../scenario/secrets.ts';
import type { Arm, HostPort, Scenario } from '../scenario/types.ts';
import { sendsNothing } from '../scenario/words.ts';

/** What a run tested, and from where: what a reader has to know before any of its figures. */
export interface Tested {
  /** "host:port" of every proxy, in the order of the arms; empty if there is none. */
  readonly proxies: readonly string[];
  /** URLs without possible secrets; "host:port" for arms that only connect. */
  readonly targets: readonly string[];
  /** Whether proxy and target were the run's embedded far end. */
  readonly isEmbedded: boolean;
  readonly loads: readonly TestedLoad[];
  readonly from: {
    /** Name of the machine; absent in runs from before it was kept. */
    readonly host?: string;
    /** Source addresses; empty if none is known. */
    readonly addresses: readonly string[];
  };
}

/** The load of one arm. */
export type TestedLoad = { readonly arm: string } & (
  | { readonly kind: 'rate'; readonly peakPerSec: number }
  | { readonly kind: 'concurrency'; readonly connections: number }
  | { readonly kind: 'browsers'; readonly browsers: number }
);

/** The facts from run.json. */
export interface TestedFacts {
  readonly scenario: Scenario;
  /** Source addresses of each arm that specifies them. */
  readonly sources?: Readonly<Record<string, { readonly addresses: readonly string[] }>>;
  /** As in run.json, unchecked. */
  readonly host: unknown;
}

/** Derives what a run tested from its description. Never fails: what an older run lacks is omitted. */
export function describeTested({ scenario, sources = {}, host }: TestedFacts): Tested {
  const { arms, farEnd } = scenario;
  const asked = arms.some(({ via }) => !sendsNothing(via))
    ? arms.filter(({ via }) => !sendsNothing(via))
    : arms;
  return {
    proxies: unique(
      arms.flatMap(({ proxy, beside = [] }) =>
        proxy === undefined ? [] : [proxy, ...beside].map(formatHostPort),
      ),
    ),
    targets: unique(asked.map(formatTarget)),
    isEmbedded: farEnd === 'embedded',
    loads: arms.map(({ name, load }) => ({ arm: name, ...howHard(load) })),
    from: readFrom(arms, sources, host),
  };
}

function formatTarget({ via, target }: Arm): string {
  const { scheme = 'http', path } = target;
  if (sendsNothing(via)) return formatHostPort(target);
  const authority = formatHostPort(target).replace(scheme === 'https' ? /:443$/ : /:80$/, '');
  return `${scheme}://${authority}${redactPath(path)}`;
}

function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function howHard(load: Load) {
  switch (load.kind) {
    case 'open':
      return { kind: 'rate', peakPerSec: peakPerSec(load) } as const;
    case 'sweep':
      return { kind: 'rate', peakPerSec: load.ratePerSec } as const;
    case 'closed':
      return { kind: 'concurrency', connections: load.concurrency } as const;
    case 'browsers':
      return { kind: 'browsers', browsers: load.browsers } as const;
  }
}

/** The chosen addresses, otherwise those of the machine: loopback only if it had no others. */
function readFrom(
  arms: readonly Arm[],
  sources: NonNullable<TestedFacts['sources']>,
  host: unknown,
): Tested['from'] {
  const chosen = unique([
    ...Object.values(sources).flatMap(({ addresses }) => addresses),
    ...arms.flatMap(({ socket }) => socket.bind),
  ]);
  const { hostname, addresses } = Object(host) as { hostname?: unknown; addresses?: unknown };
  const own = Array.isArray(addresses) ? addresses.filter((one) => typeof one === 'string') : [];
  return {
    ...(typeof hostname === 'string' && hostname !== '' ? { host: hostname } : {}),
    addresses: chosen.length > 0 ? chosen : own.filter((address) => !/^(127\.|::1$|fe80:)/i.test(address)),
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
