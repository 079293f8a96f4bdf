import type { Arm } from '../../scenario/types.ts';
import type { ArmSummary } from '../types.ts';
import type { Finder, FoundAt } from './finder.ts';

/** The status with which origins ask for credentials (RFC 9110 section 15.5.2); proxies use 407. */
const ORIGIN_ASKS = '401';

export const askedAsOrigin: Finder = { inArm: (arm, { arms }) => findAskedAsOrigin(arm, arms[arm.name]!) };

/**
 * Requests through a proxy were answered with 401, and no credentials for an origin were available. HAProxy's own
 * challenges (`http-request auth`) use 401, even for CONNECT, without `option http-use-proxy-header`.
 */
export function findAskedAsOrigin(arm: Arm, { statuses, tunnelStatuses }: ArmSummary): FoundAt[] {
  const toConnect = tunnelStatuses[ORIGIN_ASKS] ?? 0;
  if (toConnect > 0) return [found(arm, toConnect, formatConnect(toConnect))];
  const expected = arm.expect.kind === 'status' && arm.expect.statuses.includes(Number(ORIGIN_ASKS));
  const count = statuses[ORIGIN_ASKS] ?? 0;
  if (arm.via !== 'proxy' || arm.auth?.to === 'origin' || expected || count === 0) return [];
  return [found(arm, count, formatRequest(count))];
}

function found({ name }: Arm, count: number, text: string): FoundAt {
  return { kind: 'asked-as-origin', arm: name, confidence: 'high', count, text };
}

function formatConnect(count: number): string {
  return `CONNECT was answered by 401 (${count} times): the proxy challenges like an origin, with 401 instead of 407; -u (auth.to: origin) does not help here, because it is sent through an open tunnel and not with CONNECT; the proxy has to challenge by 407 (HAProxy: option http-use-proxy-header)`;
}

function formatRequest(count: number): string {
  return `requests through the proxy were answered by 401 (${count} times): the proxy or the origin behind it challenges like an origin: use -u (auth.to: origin)`;
}
