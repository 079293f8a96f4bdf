import { browserConnections, loadAttempts, loadDurationUs, peakPerSec } from './load-shape.ts';
import type { Load, Phase } from './load-types.ts';
import type { Arm } from './types.ts';
import { formatDuration, formatRate } from './units.ts';

/** Limits on what a run may ask for: a mistyped digit must not take a network down, or keep a probe busy for a week. */
export const BOUNDS = {
  /** Over all arms. Two workers open some 45,000 connections a second; more is a typing error. */
  ratePerSec: 50_000,
  /** Over all arms: nearly three hours at 5,000/s, or a night at 1,500/s. */
  attempts: 50_000_000,
  /** Per arm: a run lasts a day at most; use a timer to watch for longer. */
  durationUs: 24 * 3_600_000_000,
  /** Over all arms: a source address has no more ports towards one destination. */
  concurrency: 60_000,
  /** Per step phase: a level a minute for a day is 1,440. */
  stepLevels: 1_500,
} as const;

/** A limit that was exceeded. `kind` tells the caller which key or flag to name. */
export interface Breach {
  readonly kind: 'rate' | 'attempts' | 'duration' | 'concurrency';
  readonly what: string;
  /** The arm at fault; undefined if only the total of all arms exceeds the limit. */
  readonly arm: string | undefined;
}

/** Every limit in {@link BOUNDS} that these arms exceed. */
export function findBreaches(arms: readonly Arm[]): Breach[] {
  return [
    ...overTotal(arms, 'rate', peakOf, BOUNDS.ratePerSec, (rate) => `a rate of ${formatRate(rate)}`),
    ...overTotal(
      arms,
      'attempts',
      attemptsOf,
      BOUNDS.attempts,
      (count) => `${grouped(Math.ceil(count))} attempts`,
    ),
    ...overTotal(
      arms,
      'concurrency',
      concurrencyOf,
      BOUNDS.concurrency,
      (count) => `a concurrency of ${grouped(count)}`,
    ),
    ...arms.flatMap((arm) => overDuration(arm)),
  ];
}

/** Whether a step has more levels than {@link BOUNDS} allows; checked before its levels are laid out one by one. */
export function hasTooManyLevels(phase: Phase): boolean {
  return (
    phase.kind === 'step' && Math.abs(phase.toPerSec - phase.fromPerSec) / phase.byPerSec > BOUNDS.stepLevels
  );
}

function overTotal(
  arms: readonly Arm[],
  kind: Breach['kind'],
  measure: (load: Load) => number,
  bound: number,
  word: (value: number) => string,
): Breach[] {
  const over = ` exceeds the limit of ${word(bound).replace(/^a \w+ of /, '')}`;
  const alone = arms.filter(({ load }) => measure(load) > bound);
  if (alone.length > 0) {
    return alone.map(({ name, load }) => ({ kind, what: word(measure(load)) + over, arm: name }));
  }
  const total = arms.reduce((sum, { load }) => sum + measure(load), 0);
  return total > bound ? [{ kind, what: `${word(total)} over all arms${over}`, arm: undefined }] : [];
}

function overDuration({ name, load, holdUs }: Arm): Breach[] {
  const longestUs = Math.round(Math.max(loadDurationUs(load) ?? 0, holdUs));
  if (longestUs <= BOUNDS.durationUs) return [];
  const what = `${formatDuration(longestUs)} exceeds the limit of ${formatDuration(BOUNDS.durationUs)}`;
  return [{ kind: 'duration', what, arm: name }];
}

const peakOf = (load: Load): number =>
  load.kind === 'open' ? peakPerSec(load) : load.kind === 'sweep' ? load.ratePerSec : 0;
const attemptsOf = (load: Load): number => loadAttempts(load) ?? 0;
const concurrencyOf = (load: Load): number => {
  if (load.kind === 'browsers') return browserConnections(load);
  return load.kind === 'closed' ? load.concurrency : 0;
};

function grouped(count: number): string {
  return count.toLocaleString('en-GB');
}
