import { listStatuses } from '../../metrics/statuses.ts';
import { OUTCOME_GROUPS, type Outcome } from '../../outcome/outcome.ts';
import { type Figure, listFigures, type Measured } from '../compare/arm-figures.ts';
import type { Estimate } from '../compare/estimate.ts';
import { normalQuantile, tQuantile } from '../compare/students-t.ts';
import type { ArmTimeSeries, RunTimeSeries } from '../compare/types.ts';
import type { ArmSummary } from '../types.ts';
import type { SoakRun, SoakRunArm, SoakRunFigure } from './types.ts';

const ALPHA = 0.05;

/** Bounded as in `compare`: evenly spaced stalls must not make few attempts count for many. */
const LEAST_CLUSTERING = 0.25;

/** Reduces a run to what a trend needs: its figures, each with its error estimated from the seconds. */
export function reduceRun({ facts, arms }: RunTimeSeries): SoakRun {
  return {
    facts,
    lengthSec: Math.max(0, ...[...arms.values()].map(({ cells }) => cells.seconds)),
    arms: new Map([...arms].map(([name, arm]) => [name, reduceArm(arm)])),
  };
}

function reduceArm(arm: ArmTimeSeries): SoakRunArm {
  const figures = listFigures([arm]).flatMap((figure): [string, SoakRunFigure][] => {
    const measured = figure.measure([arm], 'seconds');
    return measured === undefined ? [] : [[figure.name, reduceFigure(figure, measured)]];
  });
  const { scheduled } = arm.summary;
  return {
    figures: new Map(figures),
    scheduled,
    answers: {
      statuses: answersOf(arm.summary.statuses),
      tunnelStatuses: answersOf(arm.summary.tunnelStatuses),
    },
    notOkShare: scheduled > 0 ? notOkOf(arm.summary) / scheduled : 0,
  };
}

function answersOf(statuses: ArmSummary['statuses'] | undefined): number {
  return listStatuses(statuses).reduce((sum, [, count]) => sum + count, 0);
}

function reduceFigure(
  { name, unit, good, role }: Figure,
  { value, whole, estimate }: Measured,
): SoakRunFigure {
  return {
    name,
    unit,
    good,
    role,
    value,
    whole,
    ci95: estimate === undefined ? [null, null] : boundsOf(estimate),
  };
}

function boundsOf({
  spread,
  independentVariance,
  limits,
}: Estimate): readonly [number | null, number | null] {
  const isClustered = independentVariance > 0 && spread.variance > 0;
  const clustering = isClustered ? Math.max(LEAST_CLUSTERING, spread.variance / independentVariance) : 1;
  const errors = { estimated: tQuantile(1 - ALPHA / 2, spread.df), given: normalQuantile(1 - ALPHA / 2) };
  const [low, high] = limits(errors, clustering);
  return [Number.isFinite(low) ? low : null, Number.isFinite(high) ? high : null];
}

/** A challenge after which another connection continued is not a failure. */
function notOkOf({ outcomes }: ArmSummary): number {
  return (Object.entries(outcomes) as [Outcome, number][])
    .filter(([name]) => OUTCOME_GROUPS[name] !== 'ok' && OUTCOME_GROUPS[name] !== 'step')
    .reduce((sum, [, count]) => sum + count, 0);
}
