/** Stalls of one side: their true rate, and the chance of each second. */
export interface Shape {
  readonly rate: number;
  shape(random: () => number, seconds: number): number[];
}

export interface Setting {
  readonly seconds: number;
  readonly perSec: number;
  readonly before: Shape;
  readonly after: Shape;
  readonly runs?: number;
  readonly runSpread?: number;
}

export interface SimulatedRun {
  readonly started: readonly number[];
  readonly stalled: readonly number[];
}

export interface Said {
  readonly low: number;
  readonly high: number;
  readonly verdict: string;
  readonly isFalseAlarm: boolean;
}

export interface Evaluation {
  readonly coverage: number;
  readonly above: number;
  readonly below: number;
  readonly alarms: number;
  readonly told: number;
  readonly width: number;
  readonly isSame: boolean;
}

export function steady(rate: number): Shape;
export function bursts(onSec: number, offSec: number, high: number, low: number): Shape;
export function waves(rate: number, tauSec: number, spread: number): Shape;
export function simulatePair(
  setting: Setting,
  random: () => number,
): { before: SimulatedRun[]; after: SimulatedRun[] };
export const SETTINGS: Readonly<Record<string, Setting>>;
export function evaluate(
  setting: Setting,
  pairs: number,
  seed: number,
  compare: (before: SimulatedRun[], after: SimulatedRun[]) => Said,
): Evaluation;
