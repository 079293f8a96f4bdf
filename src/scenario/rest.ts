import { UsageError } from '../errors.ts';
import { stepLevels } from './load-shape.ts';
import type { Load, Phase } from './load-types.ts';
import type { Arm, Scenario } from './types.ts';

/**
 * What remains of a scenario whose load was interrupted.
 * @param doneUs for how long load was generated, microseconds
 * @param scheduledOf attempts of an arm that were due in that time
 * @returns undefined if nothing is left
 * @throws UsageError if an arm cannot be resumed
 */
export function restOf(
  scenario: Scenario,
  doneUs: number,
  scheduledOf: (arm: string) => number,
): Scenario | undefined {
  const arms = scenario.arms.flatMap((arm): Arm[] => {
    const load = restOfLoad(arm, doneUs, scheduledOf(arm.name));
    return load === undefined ? [] : [{ ...arm, load }];
  });
  return arms.length === 0 ? undefined : { ...scenario, arms };
}

function restOfLoad({ name, load }: Arm, doneUs: number, scheduled: number): Load | undefined {
  switch (load.kind) {
    case 'open': {
      const phases = cutPhases(load.phases, doneUs);
      return phases.every(({ kind }) => kind === 'idle') ? undefined : { ...load, phases };
    }
    case 'closed': {
      const attempts = load.attempts === undefined ? undefined : load.attempts - scheduled;
      const forUs = load.forUs === undefined ? undefined : load.forUs - doneUs;
      if ((attempts ?? 1) <= 0 || (forUs ?? 1) <= 0) return undefined;
      return {
        ...load,
        ...(attempts === undefined ? {} : { attempts }),
        ...(forUs === undefined ? {} : { forUs }),
      };
    }
    case 'browsers': {
      const forUs = load.forUs - doneUs;
      return forUs <= 0 ? undefined : { ...load, forUs, rampUs: Math.min(forUs, load.rampUs) };
    }
    case 'sweep':
      throw new UsageError(`a run with a sweep cannot be resumed (arm ${name})`, {
        hint: 'the two attempts of a pair belong together: run it again without --resume',
      });
  }
}

/** Phases without their first microseconds; at least one if there was any. */
function cutPhases(phases: readonly Phase[], doneUs: number): Phase[] {
  const rest: Phase[] = [];
  let goneUs = doneUs;
  for (const phase of phases.flatMap(levelsApart)) {
    if (goneUs >= phase.forUs) goneUs -= phase.forUs;
    else {
      rest.push(cutPhase(phase, goneUs));
      goneUs = 0;
    }
  }
  return rest;
}

type PlainPhase = Exclude<Phase, { kind: 'step' }>;

/** Steps as one hold per level, because one of them may have to be shortened. */
function levelsApart(phase: Phase): PlainPhase[] {
  if (phase.kind !== 'step') return [phase];
  return stepLevels(phase).map((ratePerSec) => ({ kind: 'hold', ratePerSec, forUs: phase.eachUs }));
}

function cutPhase(phase: PlainPhase, goneUs: number): PlainPhase {
  const forUs = phase.forUs - goneUs;
  if (phase.kind !== 'ramp') return { ...phase, forUs };
  const { fromPerSec, toPerSec } = phase;
  return { ...phase, forUs, fromPerSec: fromPerSec + ((toPerSec - fromPerSec) * goneUs) / phase.forUs };
}
