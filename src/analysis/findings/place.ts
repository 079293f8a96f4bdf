import type { SeriesCounts } from '../../metrics/types.ts';
import { groupDigits } from '../group-digits.ts';
import type { ArmSummary, Finding } from '../types.ts';
import type { FoundAt, Stretch } from './finder.ts';

/** Where and when findings are. */
export interface Place {
  /**
   * When the run's second 0 began, milliseconds since 1970; undefined if the wall clock was set since.
   */
  readonly startedAtMs: number | undefined;
  readonly arms: Readonly<Record<string, ArmSummary>>;
  /** When an arm's load began and ended. */
  loadOf(arm: string): Stretch | undefined;
  readonly generatorLimited: boolean;
}

/**
 * Adds to each finding the wall-clock times (RFC 3339, UTC) between which it was observed and, if its arm had only
 * one, the endpoint. If this machine was the bottleneck, confidence is at most low.
 */
export function placeFindings(found: readonly FoundAt[], place: Place): Finding[] {
  return found.map(({ during, text, ...finding }) => {
    const arm = finding.arm;
    const stretch = during ?? (arm === undefined ? undefined : place.loadOf(arm));
    return {
      ...finding,
      ...formatTimes(stretch, place.startedAtMs),
      ...(finding['endpoint'] === undefined ? endpointOf(arm, place.arms) : {}),
      ...(place.generatorLimited && finding.confidence !== 'none' ? { confidence: 'low' as const } : {}),
      text: `${during === undefined ? '' : formatMoment(during, place.startedAtMs)}${groupDigits(text)}`,
    };
  });
}

/** From an arm's first start to the end of the last second in which something was started. */
export function loadStretch(
  counts: Readonly<SeriesCounts>,
  bySecond: Iterable<readonly [second: number, counts: { readonly started: number }]>,
): Stretch | undefined {
  let last = -1;
  for (const [second, { started }] of bySecond) if (started > 0 && second > last) last = second;
  return last < 0 ? undefined : { fromSec: Math.min(counts.firstBegunUs / 1_000_000, last), toSec: last + 1 };
}

function formatTimes(stretch: Stretch | undefined, startedAtMs: number | undefined): Partial<Finding> {
  if (stretch === undefined || startedAtMs === undefined) return {};
  const at = (sec: number): string => new Date(startedAtMs + Math.round(sec * 1_000)).toISOString();
  return { from: at(stretch.fromSec), to: at(stretch.toSec) };
}

/** "05:38:05 to 05:38:12 UTC: ", or nothing if the wall clock was set. */
function formatMoment({ fromSec, toSec }: Stretch, startedAtMs: number | undefined): string {
  if (startedAtMs === undefined) return '';
  const clock = (sec: number): string =>
    new Date(startedAtMs + Math.round(sec * 1_000)).toISOString().slice(11, 19);
  return `${clock(fromSec)} to ${clock(toSec)} UTC: `;
}

function endpointOf(arm: string | undefined, arms: Place['arms']): Partial<Finding> {
  const endpoints = arm === undefined ? [] : Object.keys(arms[arm]?.endpoints ?? {});
  return endpoints.length === 1 ? { endpoint: endpoints[0]! } : {};
}
