import {
  describeFleetTrend,
  type FleetTrend,
  judgeFleetTrend,
  type ProbeTrend,
} from '../../analysis/sites/trend.ts';
import type { FailIf } from '../../analysis/trend/fail-if.ts';
import { judgeFailIf } from '../../analysis/trend/judge-fail-if.ts';
import type { Trend } from '../../analysis/trend/types.ts';
import { UsageError } from '../../errors.ts';
import type { FoundFleetRun } from '../../read/fleet/list.ts';
import { readFleetNights } from '../../read/fleet/trend.ts';
import type { TrendRun } from '../../read/trend-runs.ts';

/** Judges the nights of each probe of a fleet; conditions hold if they do at any. @throws UsageError if no night is left */
export async function judgeNightsOfFleet(
  runs: readonly FoundFleetRun[],
  conditions: readonly FailIf[],
  options: {
    readonly last: number;
    readonly timeZone: string;
    readonly weekdays: boolean;
    readonly isWanted: (run: TrendRun) => boolean;
  },
): Promise<FleetTrend> {
  const { probes: nights, leftOut } = await readFleetNights(runs, options);
  if (nights.length === 0) {
    const [first] = leftOut;
    throw new UsageError('no night of these runs can be read', {
      hint: first === undefined ? '"rushhour fleet pull" receives them' : `${first.probe}: ${first.why}`,
    });
  }
  const probes = judgeFleetTrend(nights, options).map((one) => ({
    ...one,
    trend: judgeFailIf(one.trend, conditions),
  }));
  return {
    ...{ schema: 1, verdict: verdictOf(probes), text: describeFleetTrend(probes) },
    ...{ probes, leftOut },
  };
}

function verdictOf(probes: readonly ProbeTrend[]): Trend['verdict'] {
  const verdicts = probes.map(({ trend }) => trend.verdict);
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('cannot-tell') ? 'cannot-tell' : 'pass';
}
