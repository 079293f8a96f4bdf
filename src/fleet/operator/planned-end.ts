import { parseScenario } from '../../scenario/load.ts';
import { longestUs } from '../../scenario/load-shape.ts';
import type { RunOrder } from '../messages.ts';

/**
 * When the load of a run ends at the latest, by the clock by which it starts.
 * @param startsAtMs second 0, milliseconds since 1970
 * @returns undefined if that is not known: an order may be of another version
 */
export function plannedEndMs(
  { name, text, overrides }: RunOrder['scenario'],
  startsAtMs: number,
): number | undefined {
  try {
    return startsAtMs + longestUs(parseScenario(text, name, overrides)) / 1_000;
  } catch {
    return undefined;
  }
}
