import { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { describeFacts } from '../../lab/index.ts';
import { scenarioDirs } from '../../scenario/find.ts';
import { loadScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/types.ts';
import { addBesideOptions } from './beside-options.ts';
import { addOverrideOptions, type OverrideOptions } from './override-options.ts';
import { addLookOptions, addSharedRunOptions } from './run-options.ts';

/** `set`: assignments, for a scenario that wants a second port as a control, or to know how many ports the NAT has. */
type Endpoints = Pick<OverrideOptions, 'proxy' | 'target' | 'set'>;

/**
 * Chooses the lab's proxy and target for a scenario: both, or the one that it uses. Those given by flags are kept. If
 * neither fits, both: the run then reports the mistake.
 * @param flags of `rushhour run`
 * @param natPorts that the lab's NAT has, for the browsers of the scenario
 */
export async function chooseEndpoints(
  scenario: string,
  flags: readonly string[],
  cwd: string,
  natPorts: number | undefined,
): Promise<Endpoints> {
  const { proxy, target } = describeFacts(1);
  const given = readOverrides(flags);
  for (const offered of [{ proxy, target }, { proxy }, { target }, {}]) {
    const loaded = await load(scenario, cwd, { ...offered, ...given });
    if (loaded === undefined) continue;
    const set = [...chooseOtherPort(loaded), ...choosePool(loaded, given, natPorts)];
    return { ...without(offered, given), ...(set.length > 0 && { set }) };
  }
  return without({ proxy, target }, given);
}

/** Of the second proxy, or the second origin. */
function chooseOtherPort({ adaptive, arms: [base] }: Scenario): string[] {
  if (adaptive === undefined || adaptive.otherPort !== undefined || base === undefined) return [];
  const { proxy2, target2 } = describeFacts(1);
  const port = base.via === 'direct' ? new URL(target2).port : proxy2.split(':').at(-1);
  return [`adaptive.otherPort=${port}`];
}

/** The NAT of the lab is known, whatever the scenario says of another; a flag that says otherwise is kept. */
function choosePool(
  { arms }: Scenario,
  { set = [] }: OverrideOptions,
  natPorts: number | undefined,
): string[] {
  const isOfBrowsers = arms.some(({ load }) => load.kind === 'browsers');
  const isGiven = set.some((assignment) => assignment.startsWith('natPorts='));
  return natPorts === undefined || !isOfBrowsers || isGiven ? [] : [`natPorts=${natPorts}`];
}

async function load(
  scenario: string,
  cwd: string,
  // Whatever the scenario's proxy is for, the lab's endpoints stay the same.
  { proxyUser: _, ...overrides }: OverrideOptions,
): Promise<Scenario | undefined> {
  try {
    return await loadScenario(scenario, scenarioDirs(cwd), overrides);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function without(offered: Endpoints, given: Pick<OverrideOptions, 'proxy' | 'target'>): Endpoints {
  return Object.fromEntries(
    Object.entries(offered).filter(([name]) => given[name as 'proxy' | 'target'] === undefined),
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
