import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import type { Chosen } from '../pac/choose.ts';
import { parseProxy } from '../scenario/address.ts';
import type { Origin, ReadScenario } from '../scenario/load.ts';
import type { Arm, Scenario, Target } from '../scenario/types.ts';
import type { Host } from './host.ts';

export interface PacOptions {
  readonly pac?: string;
}

/** What stands in a scenario until a script has named the proxy (RFC 6761 section 6.4: never resolves). */
const UNCHOSEN = 'pac.invalid';

/** As an override. */
export const UNCHOSEN_PROXY = `${UNCHOSEN}:1`;

/** For commands that have `--proxy`. */
export function addPacOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--pac <file|url>',
      'the proxy that a proxy.pac or wpad.dat names for the target; optional packages',
    ).conflicts('proxy'),
  );
}

/** @throws UsageError, EnvironmentError */
export async function askPac(host: Host, pac: string, targets: readonly Target[]): Promise<Chosen> {
  const [{ chooseProxies }, { readSystemCertificates }] = await Promise.all([
    import('../pac/choose.ts'),
    import('../run/system-certificates.ts'),
  ]);
  const ca = /^https:/i.test(pac) ? await readSystemCertificates(host.env) : undefined;
  return chooseProxies(pac, targets, { cwd: host.cwd, ca });
}

/**
 * Gives each arm that waits for a proxy the one that the script names for its target. An arm that only connects to the proxy
 * takes that of the first arm with a target.
 * @throws UsageError where no such arm has a target
 */
export async function fillProxies(
  host: Host,
  pac: string,
  { scenario, origins }: ReadScenario,
): Promise<ReadScenario & { readonly pac: Chosen }> {
  const waiting = scenario.arms.filter(({ proxy }) => proxy?.host === UNCHOSEN);
  if (waiting.length === 0) {
    throw new UsageError('--pac: no arm has a target that the script could be asked of', {
      hint: 'name the proxy by --proxy host:port; rushhour hit URL --pac … says which one that is',
    });
  }
  const chosen = await askPac(
    host,
    pac,
    waiting.map(({ target }) => target),
  );
  const proxies = new Map(
    waiting.map(({ name }, index) => [name, parseProxy(chosen.choices[index]?.proxy ?? '')]),
  );
  const [first] = proxies.values();
  const fill = (arm: Arm): Arm => {
    const proxy = proxies.get(arm.name);
    if (proxy !== undefined) return { ...arm, proxy };
    return arm.target.host === UNCHOSEN && first !== undefined
      ? { ...arm, target: { ...arm.target, ...first } }
      : arm;
  };
  const filled: Scenario = { ...scenario, arms: scenario.arms.map(fill) };
  return {
    scenario: filled,
    origins: [...(await pacOrigins(chosen)), ...origins.filter(({ key }) => key !== 'proxy')],
    pac: chosen,
  };
}

/** One for each target that the script was asked of. */
export async function pacOrigins({ name, choices }: Chosen): Promise<Origin[]> {
  const { wordChoice } = await import('../pac/choose.ts');
  const distinct = new Map(choices.map((choice) => [choice.url, choice]));
  return [...distinct.values()].map((choice) => ({
    key: 'proxy',
    value: choice.proxy,
    from: wordChoice(name, choice),
  }));
}
