import type { Arm, Scenario } from '../../scenario/types.ts';
import { ratesOf, SETTINGS } from './comparable.ts';

/**
 * A key for what a run did and against what: runs with the same key did the same work against the same far end and
 * belong in one series. Like {@link checkComparable}, but endpoints count as well.
 */
export function workKey({ name, farEnd, tcpTimestamps, arms }: Scenario): string {
  // The embedded far end uses a different port each time.
  const peer = ({ proxy, target: { scheme, host, port, path } }: Arm) =>
    farEnd === 'embedded' ? path : [proxy?.host, proxy?.port, scheme, host, port, path];
  return JSON.stringify([
    name,
    tcpTimestamps ?? '',
    arms.map((arm) => [arm.name, ratesOf(arm.load), peer(arm), SETTINGS.map((key) => arm[key])]),
  ]);
}
