import type { Said, SimulatedRun } from '../../../bench/clustered.mjs';
import { ArmCells } from '../../../src/analysis/compare/cells.ts';
import type { RunFacts } from '../../../src/analysis/compare/comparable.ts';
import { compareRuns } from '../../../src/analysis/compare/compare.ts';
import type {
  ArmTimeSeries,
  Comparison,
  ComparisonLine,
  RunTimeSeries,
} from '../../../src/analysis/compare/types.ts';
import { armSummary, summary } from '../../render/fixtures.ts';
import { armOf, scenarioOf } from '../parts.ts';

export function factsOf(changes: Partial<RunFacts> = {}): RunFacts {
  return {
    run: { ...summary().run, id: 'before' },
    scenario: scenarioOf({ arms: [armOf()] }),
    workers: 1,
    versions: { rushhour: '0.1.0', node: '20.19.0' },
    host: { kernel: '6.1' },
    generatorLimited: false,
    reasons: [],
    ...changes,
  };
}

/** An arm of so many starts and stalls by second, without times. */
export function armTimeSeries(
  { started, stalled }: SimulatedRun,
  counts: Readonly<Record<string, readonly number[]>> = {},
): ArmTimeSeries {
  const cells = new ArmCells();
  started.forEach((count, second) => {
    cells.open(second);
    cells.add('scheduled', second, count);
    cells.add('started', second, count);
    cells.add('stalled', second, stalled[second] ?? 0);
    cells.add('completed', second, count - (stalled[second] ?? 0));
    for (const [key, column] of Object.entries(counts)) cells.add(key, second, column[second] ?? 0);
  });
  const sum = started.reduce((total, count) => total + count, 0);
  return {
    summary: armSummary({ started: sum, achievedPerSec: sum / started.length }),
    cells,
    times: new Map(),
  };
}

export function runOf(
  arms: Readonly<Record<string, ArmTimeSeries>>,
  id = 'before',
  facts: Partial<RunFacts> = {},
): RunTimeSeries {
  return {
    facts: factsOf({ run: { ...summary().run, id }, ...facts }),
    arms: new Map(Object.entries(arms)),
  };
}

export function compareSimulated(
  before: readonly SimulatedRun[],
  after: readonly SimulatedRun[],
): Comparison {
  const side = (runs: readonly SimulatedRun[], name: string) =>
    runs.map((run, index) => runOf({ stress: armTimeSeries(run) }, `${name}${index}`));
  return compareRuns(side(before, 'before'), side(after, 'after'));
}

export function lineOf({ lines }: Comparison, figure: string, arm = 'stress'): ComparisonLine {
  const line = lines.find((candidate) => candidate.figure === figure && candidate.arm === arm);
  if (line === undefined) throw new Error(`no line ${arm}.${figure}`);
  return line;
}

/** What a comparison says of the stall rate, as the simulation wants it. */
export function say(
  before: SimulatedRun[],
  after: SimulatedRun[],
): Said & { readonly smallest: number | null } {
  const comparison = compareSimulated(before, after);
  const { ci95, verdict, smallestDifference } = lineOf(comparison, 'stalled.rate');
  return {
    low: ci95[0] ?? -1,
    high: ci95[1] ?? 1,
    verdict,
    smallest: smallestDifference,
    isFalseAlarm: comparison.lines.some((line) => line.verdict === 'better' || line.verdict === 'worse'),
  };
}
