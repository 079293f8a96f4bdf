import { UsageError } from '../../errors.ts';
import type { Chosen } from '../../pac/choose.ts';
import { parseProxy } from '../../scenario/address.ts';
import type { Origin, ReadScenario } from '../../scenario/load.ts';
import type { Arm, HostPort, PacSource, Scenario, Target } from '../../scenario/types.ts';

/** Where to look for a script, and for the site's certificates. */
export interface PacPlaces {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws UsageError, EnvironmentError */
export async function askPac(places: PacPlaces, pac: PacSource, targets: readonly Target[]): Promise<Chosen> {
  const [{ chooseProxies }, { readSystemCertificates }] = await Promise.all([
    import('../../pac/choose.ts'),
    import('./system-certificates.ts'),
  ]);
  const ca = /^https:/i.test(pac.source) ? await readSystemCertificates(places.env) : undefined;
  return chooseProxies(pac, targets, { cwd: places.cwd, ca });
}

/** A scenario in which every arm knows its proxies, and what the scripts answered. */
export interface FilledScenario extends ReadScenario {
  /** One for each script; empty if none was evaluated. */
  readonly pac: readonly Chosen[];
}

/**
 * Gives each arm that waits for a proxy the one that its script names for its target. An arm that only connects to the
 * proxy uses the script's answer for the first arm with a target.
 * @throws UsageError if no such arm has a target
 * @throws EnvironmentError if a script fails, or names no proxy
 */
export async function fillProxies(
  places: PacPlaces,
  { scenario, origins }: ReadScenario,
): Promise<FilledScenario> {
  const scripts = new Map(scenario.arms.flatMap(({ pac }) => (pac === undefined ? [] : [[keyOf(pac), pac]])));
  if (scripts.size === 0) return { scenario, origins, pac: [] };
  const asked: Chosen[] = [];
  const proxies = new Map<string, readonly HostPort[]>();
  for (const [key, pac] of scripts) {
    const waiting = scenario.arms.filter((arm) => arm.pac !== undefined && keyOf(arm.pac) === key);
    const withTarget = waiting.filter(({ proxy }) => proxy !== undefined);
    if (withTarget.length === 0) {
      throw new UsageError(
        `arm ${waiting[0]?.name}: no arm has a target for which the PAC script ${pac.source} could be evaluated`,
        {
          hint: 'give the proxy with --proxy host:port; "rushhour hit URL --pac …" shows which one the script returns',
        },
      );
    }
    const chosen = await askPac(
      places,
      pac,
      withTarget.map(({ target }) => target),
    );
    asked.push(chosen);
    const found = chosen.choices.map((choice) => choice.proxies.map(parseProxy));
    for (const { name } of waiting) {
      const index = withTarget.findIndex((arm) => arm.name === name);
      proxies.set(name, found[Math.max(0, index)] ?? []);
    }
  }
  const filled: Scenario = {
    ...scenario,
    arms: scenario.arms.map((arm) => fill(arm, proxies.get(arm.name))),
  };
  const pacOrigins = (await Promise.all(asked.map(originsOf))).flat();
  return { scenario: filled, origins: [...pacOrigins, ...origins], pac: asked };
}

function keyOf({ source, spread, inOrder }: PacSource): string {
  return `${spread} ${inOrder === true} ${source}`;
}

function fill({ pac, ...arm }: Arm, proxies: readonly HostPort[] | undefined): Arm {
  const [proxy, ...beside] = proxies ?? [];
  if (pac === undefined || proxy === undefined) return arm;
  const others =
    beside.length === 0 ? {} : { beside, ...(pac.inOrder === true && { besideInOrder: true as const }) };
  return arm.proxy === undefined
    ? { ...arm, target: { ...arm.target, ...proxy }, ...others }
    : { ...arm, proxy, ...others };
}

/** One for each target that the script was evaluated for. */
export async function originsOf({ name, inOrder, choices }: Chosen): Promise<Origin[]> {
  const { formatChoice } = await import('../../pac/choose.ts');
  const distinct = new Map(choices.map((choice) => [choice.url, choice]));
  return [...distinct.values()].map((choice) => ({
    key: 'proxy',
    value: choice.proxies.join(inOrder ? ', then ' : ' and '),
    from: formatChoice(name, choice),
  }));
}
