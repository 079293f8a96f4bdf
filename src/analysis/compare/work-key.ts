import type { Arm, Scenario } from '../../scenario/types.ts';
import { ratesOf, SETTINGS } from './comparable.ts';

/**
 * What a run did and where to, as text: runs with the same did the same work against the same far end, and may stand
 * in one line. As {@link checkComparable} tells it, but that endpoints count as well.
 */
export function workKey({ name, farEnd, tcpTimestamps, arms }: Scenario): string {
  // The embedded far end is at another port each time.
  const peer = ({ proxy, target: { scheme, host, port, path } }: Arm) =>
    farEnd === 'embedded' ? path : [proxy?.host, proxy?.port, scheme, host, port, path];
  return JSON.stringify([
    name,
    tcpTimestamps ?? '',
    arms.map((arm) => [arm.name, ratesOf(arm.load), peer(arm), SETTINGS.map((key) => arm[key])]),
  ]);
}
