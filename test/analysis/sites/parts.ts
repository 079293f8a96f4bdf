import { listDeciding } from '../../../src/analysis/compare/arm-figures.ts';
import type { FleetPart, PartRun } from '../../../src/analysis/sites/types.ts';
import type { Summary } from '../../../src/analysis/types.ts';
import { armSummary, summary } from '../../render/fixtures.ts';
import { armTimeSeries } from '../compare/time-series.ts';

/** A run of so many attempts each second, of which these stalled. */
export function runOf(stalled: readonly number[], perSec: number, changes: Partial<Summary> = {}): PartRun {
  const series = armTimeSeries({ started: stalled.map(() => perSec), stalled: [...stalled] });
  const started = stalled.length * perSec;
  const count = stalled.reduce((sum, one) => sum + one, 0);
  const { stalled: usual } = armSummary();
  const stress = armSummary({
    ...{ scheduled: started, started, established: started, completed: started - count },
    stalled: { ...usual, count, rate: count / started },
  });
  const figures = listDeciding(false);
  return {
    summary: { ...summary(), arms: { stress }, ...changes },
    reduced: new Map([['stress', new Map(figures.map((one) => [one.name, one.reduce(series)]))]]),
    ...{ isConcluded: false, external: undefined },
  };
}

export function partOf(probe: string, labels: FleetPart['labels'], run: PartRun | undefined): FleetPart {
  return {
    ...{
      probe,
      labels,
      status: 'complete',
      stage: 'over',
      trouble: [],
      start: undefined,
      folder: `run-${probe}`,
      run,
    },
  };
}
