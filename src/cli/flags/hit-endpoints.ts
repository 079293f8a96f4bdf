import { UsageError } from '../../errors.ts';
import { parseTarget } from '../../scenario/address.ts';
import { readDefaults } from '../../scenario/defaults.ts';
import type { Origin } from '../../scenario/load.ts';
import type { Target } from '../../scenario/types.ts';
import { askPac, originsOf } from '../../session/load/fill-proxies.ts';
import type { Host } from '../host.ts';
import { explainCurlProxy } from './load-scenario.ts';
import { type PacOptions, readPac } from './pac-options.ts';

export interface HitEndpoints {
  readonly url: string;
  readonly proxy: string | undefined;
  /** Further proxies that attempts use in turn with it. */
  readonly beside?: readonly string[];
  readonly origins: readonly Origin[];
}

/** Values that mean a direct connection, whatever the defaults: an empty -x, as in curl, or `none`. */
const NO_PROXY = ['', 'none'];

/**
 * Determines where `hit` goes: as typed, otherwise from the defaults. A tcp:// target is connected to directly, so a
 * default proxy does not apply. Mentions a proxy that curl would have taken from the environment.
 * @throws UsageError if nothing names a URL
 * @throws EnvironmentError if a proxy.pac script fails, or names no proxy
 */
export async function chooseHitEndpoints(
  host: Host,
  given: string | undefined,
  { proxy: typedProxy, ...flags }: PacOptions & { readonly proxy?: string | undefined },
): Promise<HitEndpoints> {
  const pac = readPac(flags);
  const defaults = await readDefaults(host);
  const url = given ?? defaults.target?.value;
  if (url === undefined) {
    throw new UsageError("missing required argument 'url'", {
      hint: 'give one, such as http://10.0.0.5/, or name it in RUSHHOUR_TARGET or rushhour.yaml',
    });
  }
  const targetOrigins: readonly Origin[] =
    given === undefined ? [{ key: 'target', value: url, from: defaults.target?.from ?? '' }] : [];
  if (pac !== undefined) {
    const chosen = await askPac(host, pac, [checkAskable(parseTarget(url))]);
    const [proxy, ...beside] = chosen.choices[0]?.proxies ?? [];
    return { url, proxy, beside, origins: [...(await originsOf(chosen)), ...targetOrigins] };
  }
  const fallback = /^tcp:/i.test(url) ? undefined : defaults.proxy;
  const typed = typedProxy !== undefined;
  const proxy = typed && NO_PROXY.includes(typedProxy) ? undefined : (typedProxy ?? fallback?.value);
  if (!typed && proxy === undefined) explainCurlProxy(host, url);
  const origins: Origin[] = [];
  if (proxy !== undefined)
    origins.push({ key: 'proxy', value: proxy, from: typed ? '--proxy' : (fallback?.from ?? '') });
  return { url, proxy, origins: [...origins, ...targetOrigins] };
}

/** @throws UsageError for a target for which no browser would evaluate a script */
function checkAskable(target: Target): Target {
  if (target.scheme !== 'tcp') return target;
  throw new UsageError('--pac needs an http:// or https:// URL: rushhour connects to tcp:// directly', {
    hint: 'remove --pac, or give the URL that the site’s browsers would open',
  });
}
