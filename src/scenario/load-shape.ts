import type { BrowserLoad, Load, OpenLoad, Phase, SweepLoad } from './load-types.ts';
import type { Scenario } from './types.ts';

/** A stretch of an open loop whose rate changes linearly. Each level of a step is a stretch. */
export interface Stretch {
  /** Index into the load's phases. */
  readonly phase: number;
  readonly fromPerSec: number;
  readonly toPerSec: number;
  readonly forUs: number;
  /** Part of a ramp phase: recorded, but excluded from the verdict. */
  readonly ramp: boolean;
}

/** The levels of a step phase: from the first rate towards the last, which is always the last level. */
export function stepLevels(step: Extract<Phase, { kind: 'step' }>): number[] {
  const span = step.toPerSec - step.fromPerSec;
  // The tolerance keeps 0.1 + 0.2 from adding a superfluous level.
  const steps = Math.ceil(Math.abs(span) / step.byPerSec - 1e-9);
  const levels = Array.from(
    { length: steps },
    (_, index) => step.fromPerSec + Math.sign(span) * index * step.byPerSec,
  );
  return [...levels, step.toPerSec];
}

/** An open loop as a sequence of stretches. */
export function stretchesOf(load: OpenLoad): Stretch[] {
  return load.phases.flatMap((phase, index) => stretchPhase(phase, index));
}

function stretchPhase(phase: Phase, index: number): Stretch[] {
  const flat = (ratePerSec: number, forUs: number): Stretch => ({
    phase: index,
    fromPerSec: ratePerSec,
    toPerSec: ratePerSec,
    forUs,
    ramp: false,
  });
  switch (phase.kind) {
    case 'ramp':
      return [
        {
          phase: index,
          fromPerSec: phase.fromPerSec,
          toPerSec: phase.toPerSec,
          forUs: phase.forUs,
          ramp: true,
        },
      ];
    case 'hold':
      return [flat(phase.ratePerSec, phase.forUs)];
    case 'step':
      return stepLevels(phase).map((ratePerSec) => flat(ratePerSec, phase.eachUs));
    case 'idle':
      return [flat(0, phase.forUs)];
  }
}

/** How many attempts are due in a stretch: the area under its rate, not rounded. */
export function attemptsIn(stretch: Stretch): number {
  return ((stretch.fromPerSec + stretch.toPerSec) / 2) * (stretch.forUs / 1_000_000);
}

/** Highest rate of an open loop, attempts a second. */
export function peakPerSec(load: OpenLoad): number {
  return Math.max(...stretchesOf(load).flatMap(({ fromPerSec, toPerSec }) => [fromPerSec, toPerSec]));
}

/** How long a load lasts, microseconds; undefined for a closed loop that is limited only by its count. */
export function loadDurationUs(load: Load): number | undefined {
  switch (load.kind) {
    case 'closed':
    case 'browsers':
      return load.forUs;
    case 'sweep':
      return sweepDurationUs(load);
    case 'open':
      return stretchesOf(load).reduce((sum, { forUs }) => sum + forUs, 0);
  }
}

/**
 * How long a scenario lasts at most, microseconds: from second 0, with its check before the load, and with connections that are held. Arms
 * that do not say count as none.
 */
export function longestUs({ arms, look }: Pick<Scenario, 'arms' | 'look'>): number {
  const lengths = arms.map(({ load, holdUs }) => {
    const loadUs = loadDurationUs(load);
    return loadUs === undefined ? 0 : Math.max(loadUs, holdUs);
  });
  return Math.max(0, ...lengths) + (look?.forUs ?? 0);
}

/** An attempt starts up to a second late, and one that is younger than a second is not proved. */
const TOGETHER_MARGIN_US = 2_000_000;

/** When all connections of an arm that are held together are checked, microseconds after the run began. */
export function holdTogetherUs(load: Load, handshakeTimeoutUs: number): number {
  return Math.ceil(loadDurationUs(load) ?? 0) + handshakeTimeoutUs + TOGETHER_MARGIN_US;
}

/** Attempts of a sweep, counting both of each pair. */
export function sweepAttempts({ delaysUs, pairs }: SweepLoad): number {
  return 2 * delaysUs.length * pairs;
}

/**
 * Approximate duration of a sweep: as long as its attempts take at its rate, and at least until the last second attempt
 * of the pairs with the longest delay, whose first attempts are made first.
 */
function sweepDurationUs(load: SweepLoad): number {
  const longestUs = load.delaysUs.at(-1) ?? 0;
  const groupUs = (2 * load.pairs * 1_000_000) / load.ratePerSec;
  return Math.max(longestUs + groupUs, (sweepAttempts(load) * 1_000_000) / load.ratePerSec);
}

/**
 * The most connections that a population has open at once: for each host of its pages up to `connections`, but no more
 * than objects that a page has there.
 */
export function browserConnections({ browsers, profile, connections, page }: BrowserLoad): number {
  const others = page.objects - 1;
  if (page.hosts.length === 0 || profile === 'firefox') return browsers * connections;
  const each = Math.min(connections, Math.ceil(others / page.hosts.length));
  return browsers * Math.min(MOST_OF_BROWSER, TO_DOCUMENT + each * Math.min(page.hosts.length, others));
}

/** Of Chromium: in all (engine/browser/profiles/chromium.ts), and to the document's host beyond those for objects. */
const MOST_OF_BROWSER = 256;
const TO_DOCUMENT = 2;

/** How many attempts a load makes, not rounded; undefined if only time limits it. */
export function loadAttempts(load: Load): number | undefined {
  if (load.kind === 'closed') return load.attempts;
  if (load.kind === 'browsers') return undefined;
  if (load.kind === 'sweep') return sweepAttempts(load);
  return stretchesOf(load).reduce((sum, stretch) => sum + attemptsIn(stretch), 0);
}
