import { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { describeFacts } from '../../lab/index.ts';
import { scenarioDirs } from '../../scenario/find.ts';
import { loadScenario } from '../../scenario/load.ts';
import { addBesideOptions } from './beside-options.ts';
import { addOverrideOptions, type OverrideOptions } from './override-options.ts';
import { addLookOptions, addSharedRunOptions } from './run-options.ts';

type Endpoints = Pick<OverrideOptions, 'proxy' | 'target'>;

/**
 * Chooses the lab's proxy and target for a scenario: both, or the one that it uses. Those given by flags are kept. If
 * neither fits, both: the run then reports the mistake.
 * @param flags of `rushhour run`
 */
export async function chooseEndpoints(
  scenario: string,
  flags: readonly string[],
  cwd: string,
): Promise<Endpoints> {
  const { proxy, target } = describeFacts(1);
  const given = readOverrides(flags);
  for (const offered of [{ proxy, target }, { proxy }, { target }, {}]) {
    if (await loads(scenario, cwd, { ...offered, ...given })) return without(offered, given);
  }
  return without({ proxy, target }, given);
}

async function loads(
  scenario: string,
  cwd: string,
  // Whatever the scenario's proxy is for, the lab's endpoints stay the same.
  { proxyUser: _, ...overrides }: OverrideOptions,
): Promise<boolean> {
  try {
    await loadScenario(scenario, scenarioDirs(cwd), overrides);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function without(offered: Endpoints, given: Endpoints): Endpoints {
  return Object.fromEntries(
    Object.entries(offered).filter(([name]) => given[name as keyof Endpoints] === undefined),
  );
}

/** Empty if the flags are wrong: the run reports that. */
function readOverrides(flags: readonly string[]): OverrideOptions {
  const command = new Command('run')
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addBesideOptions(addLookOptions(addSharedRunOptions(addOverrideOptions(command))));
  try {
    return command.parse([...flags], { from: 'user' }).opts();
  } catch {
    return {};
  }
}
