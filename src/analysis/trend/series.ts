import { OFFERS, STATUS_COUNTS } from '../compare/arm-figures.ts';
import { scoreLimits } from '../compare/estimate.ts';
import { medianOf } from '../median.ts';
import type { Series } from './ranks.ts';
import type { SoakRun, SoakRunArm, SoakRunFigure } from './types.ts';

/** Half-width of the interval in standard errors. */
export const TWO_SIDED_95 = 1.959964;

/** For normal values, the standard deviation divided by the median absolute deviation. */
const SDS_PER_MAD = 1.4826;

/** One figure of one arm over the nights that have it. */
export interface FigureTimeSeries {
  readonly arm: string;
  readonly figure: SoakRunFigure;
  /** The nights in which it was measured, and its values. */
  readonly nights: readonly SoakRun[];
  readonly measured: readonly SoakRunFigure[];
}

/**
 * Every figure of every arm, in the order of `compare`, arm by arm.
 * @param nights that count, oldest first
 */
export function listTimeSeries(nights: readonly SoakRun[]): FigureTimeSeries[] {
  const arms = [...new Set(nights.flatMap((night) => [...night.arms.keys()]))];
  return arms.flatMap((arm) => {
    const ofArm = nights.flatMap((night) => {
      const own = night.arms.get(arm);
      return own === undefined ? [] : [{ night, own }];
    });
    const figures = new Map(ofArm.flatMap(({ own }) => [...own.figures]));
    return [...figures.values()].map((figure): FigureTimeSeries => {
      const points = ofArm.flatMap(({ night, own }) => {
        const measured = figureOf(own, figure);
        return measured === undefined ? [] : [{ night, measured }];
      });
      return {
        ...{ arm, figure },
        nights: points.map(({ night }) => night),
        measured: points.map(({ measured }) => measured),
      };
    });
  });
}

/** An outcome or status that a night does not list did not occur in it: it was not left unmeasured. */
function figureOf(
  arm: SoakRunArm,
  figure: Pick<SoakRunFigure, 'name' | 'unit' | 'good' | 'role'>,
): SoakRunFigure | undefined {
  const own = arm.figures.get(figure.name);
  const whole = wholeOf(arm, figure.name);
  if (own !== undefined || whole === 0) return own;
  const { name, unit, good, role } = figure;
  return {
    name,
    unit,
    good,
    role,
    value: 0,
    whole,
    ci95: scoreLimits(0, whole, TWO_SIDED_95),
  };
}

/** The total that a count by key is a share of; 0 for any other figure. */
function wholeOf({ scheduled, answers }: SoakRunArm, figure: string): number {
  if (figure.startsWith('outcomes.') || figure.startsWith(OFFERS)) return scheduled;
  const counts = STATUS_COUNTS.find((name) => figure.startsWith(`${name}.`));
  return counts === undefined ? 0 : answers[counts];
}

/** Standard error of a single night, from the variation of its seconds: the median of all nights; 0 if not known. */
export function ownErrorOf(measured: readonly SoakRunFigure[]): number {
  const errors = measured.flatMap(({ value, ci95: [low, high] }) => {
    if (low === null || high === null) return [];
    return [(value === 0 ? high : (high - low) / 2) / TWO_SIDED_95];
  });
  return errors.length === 0 ? 0 : medianOf(errors);
}

/**
 * Standard deviation of a night, from its own error and the variation between nights: the scatter after removing a
 * step or drift, but not less than the nights' own errors imply.
 */
export function scatterOf(residuals: readonly number[], measured: readonly SoakRunFigure[]): number {
  const middle = medianOf(residuals);
  const scatter = SDS_PER_MAD * medianOf(residuals.map((residual) => Math.abs(residual - middle)));
  return Math.max(scatter, ownErrorOf(measured));
}

const DAY_MS = 86_400_000;

/** @param classOf determines which nights are compared with which */
export function seriesOf(
  { nights, measured }: FigureTimeSeries,
  classOf: (night: SoakRun) => number,
): Series {
  return {
    values: measured.map(({ value }) => value),
    days: nights.map(({ facts }) => Date.parse(facts.run.startedAt) / DAY_MS),
    classes: nights.map(classOf),
  };
}
