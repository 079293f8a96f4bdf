import type { Scenario } from '../../scenario/types.ts';
import type { RunOptions } from '../types.ts';
import { chooseEngine } from './engine-choice.ts';
import { chooseWorkers } from './worker-count.ts';

/**
 * The number of workers that was requested, or the one that suits the scenario and this machine.
 * @throws UsageError if the requested engine cannot run the scenario
 */
export function decideWorkers(
  { workers, engine }: Pick<RunOptions, 'engine'> & { readonly workers: number | 'auto' },
  { arms }: Scenario,
  { cores }: { readonly cores: number },
): number {
  if (workers !== 'auto') return workers;
  const { platform, arch } = process;
  return chooseWorkers({ engine: chooseEngine(engine, platform, arms), arms, cores, platform, arch });
}
