import { isIP } from 'node:net';
import { peerOf } from '../../scenario/peer.ts';
import type { PlannedArm } from '../../worker/protocol.ts';

/** What of the network a segment's load depends on. */
export interface InUse {
  /** Addresses that are connected to. */
  readonly endpoints: readonly string[];
  /** Addresses that connections are bound to. */
  readonly sources: readonly string[];
  /** Endpoints towards which the system chooses the source of some. */
  readonly unbound: readonly string[];
  /** Names behind the endpoints, and the addresses in use of each; literal addresses are not among them. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

export function describeInUse(arms: readonly Pick<PlannedArm, 'arm' | 'endpoints' | 'sources'>[]): InUse {
  const names = new Map<string, readonly string[]>();
  for (const { arm, endpoints } of arms) {
    for (const { address, host = peerOf(arm).host } of endpoints) {
      if (isIP(host) === 0) names.set(host, unique([...(names.get(host) ?? []), address]));
    }
  }
  const addressesOf = (some: typeof arms): string[] =>
    unique(some.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)));
  return {
    endpoints: addressesOf(arms),
    unbound: addressesOf(arms.filter(({ sources }) => sources.length === 0)),
    sources: unique(arms.flatMap(({ sources }) => sources)),
    names,
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
