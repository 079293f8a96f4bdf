import type { Check } from '../../doctor/types.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import type { Chosen } from '../../pac/choose.ts';
import { parseTarget } from '../../scenario/address.ts';
import { readDefaults } from '../../scenario/defaults.ts';
import type { Scenario } from '../../scenario/types.ts';
import { askPac, fillProxies } from '../../session/load/fill-proxies.ts';
import type { Host } from '../host.ts';
import { readForCommand } from './load-scenario.ts';
import type { OverrideOptions } from './override-options.ts';
import { type PacOptions, readPac } from './pac-options.ts';

/** What `doctor` is to check. */
export interface JudgedLoad {
  /** Absent: only the machine. If a script failed, arms may still lack their proxy. */
  readonly scenario: Scenario | undefined;
  /** The results of PAC scripts. */
  readonly pac: readonly Chosen[];
  /** Why there are none: reported as one check among others. */
  readonly failed: readonly Check[];
}

/**
 * Loads the scenario, if there is one, and evaluates PAC scripts.
 * @throws UsageError
 */
export async function loadToJudge(
  host: Host,
  nameOrPath: string | undefined,
  options: OverrideOptions & PacOptions,
): Promise<JudgedLoad> {
  const read = nameOrPath === undefined ? undefined : await readForCommand(host, nameOrPath, options);
  const scenario = read?.scenario;
  try {
    if (read === undefined) return { scenario, pac: await askForTarget(host, options), failed: [] };
    return { ...(await fillProxies(host, read)), failed: [] };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const { message: what, hint: mend } = error;
    return {
      scenario,
      pac: [],
      failed: [{ name: 'pac', level: 'fail', what, ...(mend === undefined ? {} : { mend }) }],
    };
  }
}

/**
 * Without a scenario, a PAC script is evaluated only for the target.
 * @throws UsageError if there is none
 */
async function askForTarget(host: Host, options: OverrideOptions & PacOptions): Promise<Chosen[]> {
  const pac = readPac(options);
  if (pac === undefined) return [];
  const url = options.target ?? (await readDefaults(host)).target?.value;
  if (url !== undefined) return [await askPac(host, pac, [parseTarget(url)])];
  throw new UsageError('--pac needs a target to find the proxy for, and none is given', {
    hint: 'add --target http://host/, or a scenario',
  });
}
