import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import type { Chosen } from '../pac/choose.ts';
import { parseProxy } from '../scenario/address.ts';
import type { Origin, ReadScenario } from '../scenario/load.ts';
import type { Arm, HostPort, PacSource, Scenario, Target } from '../scenario/types.ts';
import type { Host } from './host.ts';

export interface PacOptions {
  readonly pac?: string;
  readonly spread?: boolean;
}

/** For commands that have `--proxy`. */
export function addPacOption(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--pac <file|url>',
        'the proxy that a proxy.pac or wpad.dat names for the target; optional packages',
      ).conflicts('proxy'),
    )
    .option('--spread', 'with --pac: go to all proxies that it names in turn, not to the first alone');
}

/**
 * What the flags say of a script; undefined where they name none.
 * @throws UsageError for --spread alone
 */
export function readPac({ pac, spread = false }: PacOptions): PacSource | undefined {
  if (pac !== undefined) return { source: pac, spread };
  if (!spread) return undefined;
  throw new UsageError('--spread goes with --pac', {
    hint: 'name the script, or write --set proxy.spread=true for one that the scenario names',
  });
}

/** @throws UsageError, EnvironmentError */
export async function askPac(host: Host, pac: PacSource, targets: readonly Target[]): Promise<Chosen> {
  const [{ chooseProxies }, { readSystemCertificates }] = await Promise.all([
    import('../pac/choose.ts'),
    import('../session/load/system-certificates.ts'),
  ]);
  const ca = /^https:/i.test(pac.source) ? await readSystemCertificates(host.env) : undefined;
  return chooseProxies(pac, targets, { cwd: host.cwd, ca });
}

/** A scenario whose arms all know their proxies, and what scripts said. */
export interface FilledScenario extends ReadScenario {
  /** One for each script; empty where none is asked. */
  readonly pac: readonly Chosen[];
}

/**
 * Gives each arm that waits for a proxy the one that its script names for its target. An arm that only connects to the proxy
 * takes what the script says to the first arm with a target.
 * @throws UsageError where no such arm has a target
 * @throws EnvironmentError where a script fails, or names none
 */
export async function fillProxies(host: Host, { scenario, origins }: ReadScenario): Promise<FilledScenario> {
  const scripts = new Map(scenario.arms.flatMap(({ pac }) => (pac === undefined ? [] : [[keyOf(pac), pac]])));
  if (scripts.size === 0) return { scenario, origins, pac: [] };
  const asked: Chosen[] = [];
  const proxies = new Map<string, readonly HostPort[]>();
  for (const [key, pac] of scripts) {
    const waiting = scenario.arms.filter((arm) => arm.pac !== undefined && keyOf(arm.pac) === key);
    const withTarget = waiting.filter(({ proxy }) => proxy !== undefined);
    if (withTarget.length === 0) {
      throw new UsageError(
        `arm ${waiting[0]?.name}: no arm has a target that the PAC script ${pac.source} could be asked of`,
        { hint: 'name the proxy by --proxy host:port; rushhour hit URL --pac … says which one that is' },
      );
    }
    const chosen = await askPac(
      host,
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

function keyOf({ source, spread }: PacSource): string {
  return `${spread} ${source}`;
}

function fill({ pac, ...arm }: Arm, proxies: readonly HostPort[] | undefined): Arm {
  const [proxy, ...beside] = proxies ?? [];
  if (pac === undefined || proxy === undefined) return arm;
  const others = beside.length === 0 ? {} : { beside };
  return arm.proxy === undefined
    ? { ...arm, target: { ...arm.target, ...proxy }, ...others }
    : { ...arm, proxy, ...others };
}

/** One for each target that the script was asked of. */
export async function originsOf({ name, choices }: Chosen): Promise<Origin[]> {
  const { wordChoice } = await import('../pac/choose.ts');
  const distinct = new Map(choices.map((choice) => [choice.url, choice]));
  return [...distinct.values()].map((choice) => ({
    key: 'proxy',
    value: choice.proxies.join(' and '),
    from: wordChoice(name, choice),
  }));
}
