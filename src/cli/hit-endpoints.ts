import { UsageError } from '../errors.ts';
import type { Origin } from '../scenario/load.ts';
import { readDefaults } from './defaults.ts';
import type { Host } from './host.ts';
import { sayCurlProxy } from './load-scenario.ts';

export interface HitEndpoints {
  readonly url: string;
  readonly proxy: string | undefined;
  readonly origins: readonly Origin[];
}

/** What goes straight, whatever the defaults say: curl takes an empty -x so. */
const NO_PROXY = ['', 'none'];

/**
 * Where `hit` goes: as typed, else as the defaults say. A tcp:// target is connected to directly, so that a default proxy is
 * nothing to it. Tells of a proxy that curl would have taken from the environment.
 * @throws UsageError where nothing names a URL
 */
export async function chooseHitEndpoints(
  host: Host,
  given: string | undefined,
  typedProxy: string | undefined,
): Promise<HitEndpoints> {
  const defaults = await readDefaults(host);
  const url = given ?? defaults.target?.value;
  if (url === undefined) {
    throw new UsageError("missing required argument 'url'", {
      hint: 'give one, such as http://10.0.0.5/, or name it in RUSHHOUR_TARGET or rushhour.yaml',
    });
  }
  const fallback = /^tcp:/i.test(url) ? undefined : defaults.proxy;
  const typed = typedProxy !== undefined;
  const proxy = typed && NO_PROXY.includes(typedProxy) ? undefined : (typedProxy ?? fallback?.value);
  if (!typed && proxy === undefined) sayCurlProxy(host, url);
  const origins: Origin[] = [];
  if (proxy !== undefined)
    origins.push({ key: 'proxy', value: proxy, from: typed ? '--proxy' : (fallback?.from ?? '') });
  if (given === undefined) origins.push({ key: 'target', value: url, from: defaults.target?.from ?? '' });
  return { url, proxy, origins };
}
