import { isIP } from 'node:net';
import { peerOf } from '../../scenario/peer.ts';
import type { PlannedArm } from '../../worker/protocol.ts';

/** What a segment's load depends on in the network. */
export interface InUse {
  /** Addresses that it connects to. */
  readonly endpoints: readonly string[];
  /** Bound source addresses. */
  readonly sources: readonly string[];
  /** Endpoints for which the system chooses a source address. */
  readonly unbound: readonly string[];
  /** Host names of the endpoints with the addresses in use of each; literal addresses are left out. */
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
