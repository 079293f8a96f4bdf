import { holdTogetherUs, peakPerSec, stepLevels } from './load-shape.ts';
import type { Load, OpenLoad, Phase } from './load-types.ts';
import type { Arm } from './types.ts';

/**
 * `--rate`: sets the highest rate of the scenario to this one and scales every other rate of every open-loop arm in
 * proportion, so that ramps keep their shape and a control arm stays as small compared to its test arm.
 * @returns undefined if no arm has a rate
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

/** The same load at a multiple of all of its rates. */
export function multiplyRates(load: OpenLoad, factor: number): OpenLoad {
  return factor === 1 ? load : { ...load, phases: load.phases.map((phase) => scalePhase(phase, factor, 1)) };
}

/** Multiplies before it divides: 500/s of 500/s scaled to 2,000/s is exactly 2,000/s. */
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
 * `--duration`: the measured part of each arm (its holds and steps together) lasts this long, divided in the same
 * proportions as before; ramps and idle phases keep their lengths, but browsers begin no later than they did in proportion. A closed loop stops after this long, whatever its
 * count was.
 */
export function stretchTo(arms: readonly Arm[], durationUs: number): Arm[] {
  return arms.map((arm) => {
    const load = stretchLoad(arm.load, durationUs);
    const { holdsTogether, handshakeTimeoutUs } = arm;
    return { ...arm, load, ...(holdsTogether && { holdUs: holdTogetherUs(load, handshakeTimeoutUs) }) };
  });
}

function stretchLoad(load: Load, durationUs: number): Load {
  // A sweep lasts as long as its delays: shorter delays would be a different measurement.
  if (load.kind === 'sweep') return load;
  if (load.kind === 'closed') return { kind: 'closed', concurrency: load.concurrency, forUs: durationUs };
  if (load.kind === 'browsers') {
    const rampUs = Math.round(load.rampUs * Math.min(1, durationUs / load.forUs));
    return { ...load, forUs: durationUs, rampUs };
  }
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

/**
 * `soak --for`: every arm lasts this long in total. Ramps and idle phases keep their lengths, and the measured part
 * takes the rest; a closed loop runs as long, whatever its count was.
 * @returns the arms that cannot: they have nothing to stretch, or no time is left for it
 */
export function fillTime(arms: readonly Arm[], durationUs: number): { arms: Arm[]; unable: readonly Arm[] } {
  const filled = arms.map((arm) => {
    const restUs = durationUs - unmeasuredIn(arm.load);
    return isStretchable(arm.load) && restUs > 0 ? stretchTo([arm], restUs)[0] : undefined;
  });
  return {
    arms: filled.filter((arm) => arm !== undefined),
    unable: arms.filter((_, index) => filled[index] === undefined),
  };
}

function isStretchable(load: Load): boolean {
  switch (load.kind) {
    case 'sweep':
      return false;
    case 'closed':
    case 'browsers':
      return true;
    case 'open':
      return load.phases.some((phase) => measuredIn(phase) > 0);
  }
}

function unmeasuredIn(load: Load): number {
  if (load.kind !== 'open') return 0;
  return load.phases.reduce(
    (sum, phase) => (phase.kind === 'ramp' || phase.kind === 'idle' ? sum + phase.forUs : sum),
    0,
  );
}
