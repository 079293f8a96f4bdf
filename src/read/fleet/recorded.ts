import { loadDurationUs } from '../../scenario/load-shape.ts';
import type { Scenario } from '../../scenario/types.ts';

const SECOND_US = 1_000_000;

/**
 * Says that a run ends before its load did, in a sentence without its name; undefined if it does not, or if the scenario
 * does not say how long it is.
 * @param recordedSec seconds of which there are figures
 */
export function describeShort(scenario: Scenario, recordedSec: number): string | undefined {
  if (scenario.adaptive !== undefined) return undefined;
  const lengthsUs = scenario.arms.map(({ load }) => (load.kind === 'open' ? (loadDurationUs(load) ?? 0) : 0));
  const plannedSec = Math.floor(Math.max(0, ...lengthsUs) / SECOND_US);
  if (recordedSec >= plannedSec) return undefined;
  return `only ${recordedSec} of its ${plannedSec} s are here: its figures are of these alone`;
}
