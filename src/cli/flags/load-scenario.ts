import { UsageError } from '../../errors.ts';
import { readDefaults } from '../../scenario/defaults.ts';
import { scenarioDirs } from '../../scenario/find.ts';
import { type ReadScenario, readScenario } from '../../scenario/load.ts';
import { type FilledScenario, fillProxies } from '../../session/load/fill-proxies.ts';
import type { Host } from '../host.ts';
import type { BesideOptions } from './beside-options.ts';
import { findCurlProxy, formatCurlProxy } from './curl-proxy.ts';
import { type OverrideOptions, readOverrides } from './override-options.ts';
import { type PacOptions, readPac } from './pac-options.ts';

/**
 * Loads the scenario of a command, with its flags applied, and with RUSHHOUR_PROXY, RUSHHOUR_TARGET and rushhour.yaml
 * for what the flags leave open; if a proxy.pac script is to name proxies, with these. Mentions a proxy that curl
 * would have taken from the environment.
 * @throws UsageError
 * @throws EnvironmentError if a proxy.pac script fails, or names no proxy
 */
export async function loadForCommand(
  host: Host,
  nameOrPath: string,
  flags: ScenarioFlags,
): Promise<FilledScenario> {
  return fillProxies(host, await readForCommand(host, nameOrPath, flags));
}

/** All flags that change a scenario. */
export type ScenarioFlags = OverrideOptions &
  PacOptions &
  BesideOptions & { readonly tcpTimestamps?: string; readonly capture?: string };

/**
 * Like {@link loadForCommand}, but without evaluating scripts for the arms that have `pac`.
 * @throws UsageError
 */
export async function readForCommand(
  host: Host,
  nameOrPath: string,
  flags: ScenarioFlags,
): Promise<ReadScenario> {
  const defaults = await readDefaults(host);
  const pac = readPac(flags);
  const overrides = { ...readOverrides(flags, host), pac, defaults };
  const hint = (url: string | undefined): void => {
    if (pac === undefined && flags.proxy === undefined && defaults.proxy === undefined)
      explainCurlProxy(host, url);
  };
  try {
    const loaded = await readScenario(nameOrPath, scenarioDirs(host.cwd), overrides);
    const direct = loaded.scenario.arms.find(({ via }) => via === 'direct');
    const hasProxy = loaded.scenario.arms.some(({ proxy }) => proxy !== undefined);
    if (direct !== undefined && !hasProxy && loaded.scenario.farEnd === 'none') {
      hint(`${direct.target.scheme}://${bracketed(direct.target.host)}/`);
    }
    return loaded;
  } catch (error) {
    // The environment may name the proxy that is missing.
    if (error instanceof UsageError && /needs more to run/.test(error.message)) {
      hint(flags.target ?? defaults.target?.value ?? 'http://any.invalid/');
    }
    throw error;
  }
}

/**
 * Mentions that curl would use a proxy here, if it would.
 * @param url undefined, or of another scheme: nothing is mentioned
 */
export function explainCurlProxy(host: Host, url: string | undefined): void {
  const [, scheme, bracket, name] = /^(https?):\/\/(?:\[([^\]]*)\]|([^:/?#]*))/i.exec(url ?? '') ?? [];
  if (scheme === undefined) return;
  const found = findCurlProxy(host.env, {
    scheme: scheme.toLowerCase() as 'http' | 'https',
    host: bracket ?? name ?? '',
  });
  if (found !== undefined) host.stderr.write(`rushhour: ${formatCurlProxy(found)}\n`);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
