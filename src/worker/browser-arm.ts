import { compilePage } from '../engine/browser/page.ts';
import { PROFILES } from '../engine/browser/profiles/profiles.ts';
import type { BrowserArm } from '../engine/browser/types.ts';
import type { BrowserLoad } from '../scenario/load-types.ts';
import { toEngineArm } from './arm-plan.ts';
import type { PlannedArm } from './protocol.ts';
import type { TokenStock } from './token-stock.ts';

/**
 * The browser engine's view of a planned arm.
 * @param maxOpen most connections of the whole population
 * @param stock for an arm with Negotiate
 */
export function toBrowserArm(
  planned: PlannedArm,
  load: BrowserLoad,
  maxOpen: number,
  stock?: TokenStock,
): BrowserArm {
  const engineArm = toEngineArm(planned, stock);
  const { endpoints, sources, socket, handshakeTimeoutUs, responseTimeoutUs, auth, tls } = engineArm;
  const { expect, via } = planned.arm;
  const profile = PROFILES[load.profile];
  const isProxied = via !== 'direct';
  const sharesProxy = via === 'proxy' && profile.sharesProxy;
  return {
    ...{ endpoints, sources, socket, responseTimeoutUs },
    firstEndpoints: countFirst(planned),
    handshakeTimeoutUs: isProxied ? Math.min(handshakeTimeoutUs, profile.proxyTimeoutUs) : handshakeTimeoutUs,
    ...(auth === undefined ? {} : { auth }),
    idleUs: load.idleUs,
    profile,
    ...{ isProxied, sharesProxy },
    ...(tls === undefined
      ? {}
      : { tls: { ...tls, protocols: auth?.status === 401 ? ['http/1.1'] : ['h2', 'http/1.1'] } }),
    connections: sharesProxy ? load.connections : Math.min(load.connections, profile.mostToHost),
    maxOpen,
    page: compilePage(planned.arm, load),
    isExpected: (status) =>
      expect.kind !== 'status' || expect.statuses.length === 0 || expect.statuses.includes(status),
  };
}

/** Of a list that is kept in its order, the addresses of the first proxy. */
function countFirst({ arm, endpoints }: PlannedArm): number {
  const [first] = endpoints;
  if (arm.besideInOrder !== true) return endpoints.length;
  return endpoints.filter(({ host, port }) => host === first?.host && port === first?.port).length;
}
