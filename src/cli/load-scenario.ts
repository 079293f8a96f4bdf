import { UsageError } from '../errors.ts';
import type { Chosen } from '../pac/choose.ts';
import { scenarioDirs } from '../scenario/find.ts';
import { type Origin, readScenario } from '../scenario/load.ts';
import type { Scenario } from '../scenario/types.ts';
import { findCurlProxy, wordCurlProxy } from './curl-proxy.ts';
import { readDefaults } from './defaults.ts';
import type { Host } from './host.ts';
import { type OverrideOptions, readOverrides } from './override-options.ts';
import { fillProxies, type PacOptions, UNCHOSEN_PROXY } from './pac.ts';

/** A scenario as the command line, variables and files of defaults want it. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** Where its proxy and target come from. */
  readonly origins: readonly Origin[];
  /** What a script of proxies says, where `--pac` names one. */
  readonly pac?: Chosen;
}

/**
 * Loads the scenario that a command names, with what flags say of it, and what RUSHHOUR_PROXY, RUSHHOUR_TARGET and rushhour.yaml
 * say where flags do not; with `--pac`, what the script names. Tells of a proxy that curl would have taken from the environment.
 * @throws UsageError
 * @throws EnvironmentError where a script of proxies fails, or names none
 */
export async function loadForCommand(
  host: Host,
  nameOrPath: string,
  { pac, ...flags }: OverrideOptions & PacOptions & { readonly tcpTimestamps?: string },
): Promise<LoadedScenario> {
  const defaults = await readDefaults(host);
  const overrides = {
    ...readOverrides(flags, host),
    ...(pac === undefined ? {} : { proxy: UNCHOSEN_PROXY, proxyFlag: '--pac' }),
    defaults,
  };
  const hint = (url: string | undefined): void => {
    if (pac === undefined && flags.proxy === undefined && defaults.proxy === undefined)
      sayCurlProxy(host, url);
  };
  try {
    const loaded = await readScenario(nameOrPath, scenarioDirs(host.cwd), overrides);
    if (pac !== undefined) return await fillProxies(host, pac, loaded);
    const direct = loaded.scenario.arms.find(({ via }) => via === 'direct');
    const hasProxy = loaded.scenario.arms.some(({ proxy }) => proxy !== undefined);
    if (direct !== undefined && !hasProxy && loaded.scenario.farEnd === 'none') {
      hint(`${direct.target.scheme}://${bracketed(direct.target.host)}/`);
    }
    return loaded;
  } catch (error) {
    // What is missing may be what the environment names for others.
    if (error instanceof UsageError && /needs more to run/.test(error.message)) {
      hint(flags.target ?? defaults.target?.value ?? 'http://any.invalid/');
    }
    throw error;
  }
}

/** Says that curl would go through a proxy here, where it would. @param url undefined, or of another scheme: nothing */
export function sayCurlProxy(host: Host, url: string | undefined): void {
  const [, scheme, bracket, name] = /^(https?):\/\/(?:\[([^\]]*)\]|([^:/?#]*))/i.exec(url ?? '') ?? [];
  if (scheme === undefined) return;
  const found = findCurlProxy(host.env, {
    scheme: scheme.toLowerCase() as 'http' | 'https',
    host: bracket ?? name ?? '',
  });
  if (found !== undefined) host.stderr.write(`rushhour: ${wordCurlProxy(found)}\n`);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
