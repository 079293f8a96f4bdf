import { UsageError } from '../errors.ts';
import { fillTime } from '../scenario/adjust.ts';
import type { Scenario } from '../scenario/types.ts';

/** The longest soak: its records in memory grow by a few bytes a second. */
export const LONGEST_US = 7 * 24 * 3_600_000_000;

/**
 * Stretches a scenario to the length of the soak.
 * @throws UsageError if an arm cannot be stretched
 */
export function stretchToSoak(scenario: Scenario, forUs: number): Scenario {
  if (forUs > LONGEST_US) {
    throw new UsageError('a soak lasts 7 days at most', {
      hint: 'start one every night with a timer instead: rushhour soak install',
    });
  }
  const { arms, unable } = fillTime(scenario.arms, forUs);
  const [first] = unable;
  if (first === undefined) return { ...scenario, arms };
  throw new UsageError(
    `scenario ${scenario.name} cannot soak: arm ${first.name} ${
      first.load.kind === 'sweep'
        ? 'is a sweep, which lasts as long as its delays'
        : 'has no measured phase that could be extended'
    }`,
    { hint: 'choose a scenario with a hold phase, or more time with --for' },
  );
}

/** The rest of a soak's scenario; undefined if too little time is left to start again. */
export function stretchToRest(scenario: Scenario, restUs: number): Scenario | undefined {
  const { arms, unable } = fillTime(scenario.arms, restUs);
  return unable.length > 0 ? undefined : { ...scenario, arms };
}

export function formatLength(us: number): string {
  const minutes = Math.round(us / 60_000_000);
  return minutes < 2 ? `${Math.round(us / 1_000_000)} s` : `${minutes} min`;
}
