import { compareFirewalls, type ViewedRun } from '../firewall/compare-views.ts';
import { listFigures } from './arm-figures.ts';
import { checkComparable, nameOf } from './comparable.ts';
import { compareDiagnoses } from './diagnoses.ts';
import { type Candidate, judgeLines } from './lines.ts';
import { longestBurstSec } from './long-run.ts';
import { RUNS_FOR_UNITS, type Units } from './ratio.ts';
import type { ArmTimeSeries, ComparedSide, Comparison, ComparisonLine, RunTimeSeries } from './types.ts';
import { concludeFrom } from './verdict.ts';

/**
 * Compares runs after a change with runs before it, one or more of each.
 * @param differences known reasons why the runs are not alike, in addition to those found here
 */
export function compareRuns(
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
  differences: readonly string[] = [],
): Comparison {
  const { candidates, conclude } = measureRuns(before, after, differences);
  return conclude(judgeLines(candidates));
}

/** A comparison of which the lines are measured and not judged yet: several may be judged together. */
export interface MeasuredComparison {
  readonly candidates: readonly Candidate[];
  /** @param lines of the candidates, in their order */
  conclude(lines: readonly ComparisonLine[]): Comparison;
}

/** The first half of {@link compareRuns}: the runs themselves are not kept. */
export function measureRuns(
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
  differences: readonly string[] = [],
): MeasuredComparison {
  const units: Units = Math.min(before.length, after.length) >= RUNS_FOR_UNITS ? 'runs' : 'seconds';
  const { warnings } = checkComparable(
    before.map(({ facts }) => facts),
    after.map(({ facts }) => facts),
  );
  const generatorLimited = [...before, ...after].some(({ facts }) => facts.generatorLimited);
  const measured = {
    warnings: [...differences, ...warnings, ...warnOfFewRuns(before, after, units)],
    ...{ before: sideOf(before), after: sideOf(after), units },
    longestBurstSec: units === 'runs' ? null : longestBurstSec(shortestOf([...before, ...after])),
  };
  const beside = {
    ...compareFirewallViews(before, after),
    ...compareDiagnoses(before, after, differences),
  };
  return {
    candidates: listCandidates(before, after, units),
    conclude: (lines) => ({
      schema: 1,
      ...concludeFrom(lines, generatorLimited),
      generatorLimited,
      ...measured,
      lines,
      ...beside,
      failIf: [],
    }),
  };
}

/** The last run before the change and the first one after it. */
function compareFirewallViews(
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
): Pick<Comparison, 'firewall'> {
  const [last] = viewsOf(before).slice(-1);
  const [first] = viewsOf(after);
  return last === undefined || first === undefined ? {} : { firewall: compareFirewalls(last, first) };
}

function viewsOf(runs: readonly RunTimeSeries[]): ViewedRun[] {
  return runs.flatMap(({ facts, firewall }) =>
    firewall === undefined ? [] : [{ id: nameOf(facts), view: firewall }],
  );
}

function listCandidates(
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
  units: Units,
): Candidate[] {
  const names = [...(before[0]?.arms.keys() ?? [])];
  return names.flatMap((arm) => {
    const armsBefore = armsOf(before, arm);
    const armsAfter = armsOf(after, arm);
    if (armsBefore.length === 0 || armsAfter.length === 0) return [];
    return listFigures([...armsBefore, ...armsAfter]).flatMap((figure): Candidate[] => {
      const measuredBefore = figure.measure(armsBefore, units);
      const measuredAfter = figure.measure(armsAfter, units);
      if (measuredBefore === undefined || measuredAfter === undefined) return [];
      return [{ arm, figure, before: measuredBefore, after: measuredAfter }];
    });
  });
}

function armsOf(runs: readonly RunTimeSeries[], arm: string): ArmTimeSeries[] {
  return runs.flatMap(({ arms }) => arms.get(arm) ?? []);
}

function warnOfFewRuns(
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
  units: Units,
): string[] {
  if (units === 'runs' || before.length + after.length === 2) return [];
  return [
    `the runs of each side are treated as one long run: with ${RUNS_FOR_UNITS} or more a side, the comparison can use how much runs differ among themselves`,
  ];
}

function shortestOf(runs: readonly RunTimeSeries[]): number {
  return Math.min(...runs.flatMap(({ arms }) => [...arms.values()].map(({ cells }) => cells.seconds)));
}

function sideOf(runs: readonly RunTimeSeries[]): ComparedSide {
  return {
    runs: runs.map(({ facts, facts: { run } }) => ({
      id: run.id,
      name: nameOf(facts),
      label: run.label,
      scenario: run.scenario,
      startedAt: run.startedAt,
      status: run.status,
    })),
  };
}
