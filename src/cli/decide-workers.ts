import type { Scenario } from '../scenario/types.ts';
import { chooseEngine } from '../session/load/engine-choice.ts';
import { chooseWorkers } from '../session/load/worker-count.ts';
import type { Host } from './host.ts';
import type { SharedRunOptions } from './run-options.ts';

/**
 * The number of workers asked for, or what suits the scenario and this machine.
 * @throws UsageError where the engine asked for cannot do the scenario
 */
export function decideWorkers(
  { workers, engine }: Pick<SharedRunOptions, 'workers' | 'engine'>,
  { arms }: Scenario,
  { cores }: Host,
): number {
  if (workers !== 'auto') return workers;
  const { platform, arch } = process;
  return chooseWorkers({ engine: chooseEngine(engine, platform, arms), arms, cores, platform, arch });
}
