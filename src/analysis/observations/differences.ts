import { isDeepStrictEqual } from 'node:util';
import type { Arm } from '../../scenario/types.ts';
import type { ArmSeen, Difference } from './types.ts';

/**
 * In what two arms differ, as something on the path sees them; undefined where their endpoints are partly the same, so that
 * nothing follows from a comparison. How many and for how long they are open does not tell two SYNs apart.
 */
export function listDifferences(a: ArmSeen, b: ArmSeen): Difference[] | undefined {
  const where = compareEndpoints(Object.keys(a.summary.endpoints), Object.keys(b.summary.endpoints));
  if (where === undefined) return undefined;
  return [
    ...where,
    ...(isSameSource(a.arm, b.arm) ? [] : (['source'] as const)),
    ...(isDeepStrictEqual(a.arm.client, b.arm.client) ? [] : (['client'] as const)),
    ...(a.arm.socket.mss === b.arm.socket.mss ? [] : (['mss'] as const)),
    ...((a.arm.socket.tos ?? 0) === (b.arm.socket.tos ?? 0) ? [] : (['dscp'] as const)),
    ...(requestBytes(a.arm) === requestBytes(b.arm) ? [] : (['size'] as const)),
    ...((a.arm.close === 'reset') === (b.arm.close === 'reset') ? [] : (['close'] as const)),
    ...(a.ports === b.ports ? [] : (['ports'] as const)),
  ];
}

function compareEndpoints(a: readonly string[], b: readonly string[]): Difference[] | undefined {
  const [one, other] = [new Set(a), new Set(b)];
  if (one.size === 0 || other.size === 0) return undefined;
  if (isDeepStrictEqual(one, other)) return [];
  if (a.some((endpoint) => other.has(endpoint))) return undefined;
  const hosts = (endpoints: readonly string[]): Set<string> => new Set(endpoints.map(hostOf));
  const ports = (endpoints: readonly string[]): Set<string> => new Set(endpoints.map(portOf));
  return [
    ...(isDeepStrictEqual(hosts(a), hosts(b)) ? [] : (['host'] as const)),
    ...(isDeepStrictEqual(ports(a), ports(b)) ? [] : (['port'] as const)),
  ];
}

/** What an arm chose of its request; 0 without one. */
function requestBytes({ via, request: { headers, body } }: Arm): number {
  if (via === 'tcp' || via === 'icmp') return 0;
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length, body.length);
}

export function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':'));
}

export function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(':') + 1);
}

/** The one address that the machine chooses by itself is not all of them: what counts per source counts each for itself. */
function isSameSource(a: Arm, b: Arm): boolean {
  const [one, other] = [a, b].map(({ source, socket }) => {
    const addresses = source?.addresses ?? [];
    return addresses.some(({ kind }) => kind === 'all') ? 'all' : { addresses, bind: socket.bind };
  });
  return isDeepStrictEqual(one, other);
}
