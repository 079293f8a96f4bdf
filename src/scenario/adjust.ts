import { peakPerSec, stepLevels } from './load-shape.ts';
import type { Arm, Load, Phase } from './types.ts';

/**
 * `--rate`: the highest rate of the scenario becomes this one, and every other rate of every open-loop arm keeps its
 * proportion to it, so that ramps still lead where they led and a control arm stays as small beside its test arm.
 * Undefined where no arm has a rate.
 */
export function scaleRates(arms: readonly Arm[], ratePerSec: number): Arm[] | undefined {
  const peaks = arms.flatMap(({ load }) => (load.kind === 'open' ? [peakPerSec(load)] : []));
  const peak = Math.max(0, ...peaks);
  if (peak === 0) return undefined;
  return arms.map((arm) => ({
    ...arm,
    load: mapPhases(arm.load, (phase) => scalePhase(phase, ratePerSec, peak)),
  }));
}

function mapPhases(load: Load, change: (phase: Phase) => Phase): Load {
  return load.kind === 'open' ? { kind: 'open', phases: load.phases.map(change) } : load;
}

/** Multiplies before it divides: 500/s of 500/s scaled to 2,000/s is 2,000/s to the last digit. */
function scalePhase(phase: Phase, top: number, peak: number): Phase {
  const scaled = (ratePerSec: number) => (ratePerSec * top) / peak;
  switch (phase.kind) {
    case 'ramp':
      return { ...phase, fromPerSec: scaled(phase.fromPerSec), toPerSec: scaled(phase.toPerSec) };
    case 'hold':
      return { ...phase, ratePerSec: scaled(phase.ratePerSec) };
    case 'step':
      return {
        ...phase,
        fromPerSec: scaled(phase.fromPerSec),
        toPerSec: scaled(phase.toPerSec),
        byPerSec: scaled(phase.byPerSec),
      };
    case 'idle':
      return phase;
  }
}

/**
 * `--duration`: what is measured of each arm, its holds and steps together, lasts this long, shared among them as
 * before; ramps and idle phases keep their lengths. A closed loop ends after this long, whatever its count was.
 */
export function stretchTo(arms: readonly Arm[], durationUs: number): Arm[] {
  return arms.map((arm) => ({ ...arm, load: stretchLoad(arm.load, durationUs) }));
}

function stretchLoad(load: Load, durationUs: number): Load {
  // A sweep lasts as long as its delays: shorter ones would be another measurement.
  if (load.kind === 'sweep') return load;
  if (load.kind === 'closed') return { kind: 'closed', concurrency: load.concurrency, forUs: durationUs };
  if (load.kind === 'browsers') return { ...load, forUs: durationUs };
  const measuredUs = load.phases.reduce((sum, phase) => sum + measuredIn(phase), 0);
  if (measuredUs === 0) return load;
  const stretched = (us: number) => Math.max(1, Math.round((us * durationUs) / measuredUs));
  return mapPhases(load, (phase) => {
    switch (phase.kind) {
      case 'hold':
        return { ...phase, forUs: stretched(phase.forUs) };
      case 'step':
        return { ...phase, eachUs: stretched(phase.eachUs) };
      case 'ramp':
      case 'idle':
        return phase;
    }
  });
}

function measuredIn(phase: Phase): number {
  switch (phase.kind) {
    case 'hold':
      return phase.forUs;
    case 'step':
      return phase.eachUs * stepLevels(phase).length;
    case 'ramp':
    case 'idle':
      return 0;
  }
}
