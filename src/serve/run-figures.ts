import type { Summary } from '../analysis/types.ts';
import type { RunFigures } from '../render/web/types.ts';

/** Undefined of a summary that is not what it should be. */
export function tellFigures({ run, arms }: Summary): RunFigures | undefined {
  try {
    return {
      lastedUs: Math.max(0, Date.parse(run.endedAt) - Date.parse(run.startedAt)) * 1_000,
      arms: Object.entries(arms).map(([name, { started, stalled }]) => ({
        ...{ name, started, stalled: stalled.count, rate: stalled.rate },
        ci95: [stalled.ci95[0], stalled.ci95[1]],
      })),
    };
  } catch {
    return undefined;
  }
}
