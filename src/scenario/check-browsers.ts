import type { ArmFile } from './schema.ts';
import { formatDuration } from './units.ts';
import type { Via } from './words.ts';
import { sendsNothing } from './words.ts';

interface Fault {
  readonly key: 'via' | 'close' | 'hold' | 'prove' | 'request' | 'load';
  readonly what: string;
  readonly fix: string;
}

/** Fields that a browser sets itself, because they describe the connection or its length (RFC 9110 section 7.6.1). */
const OWN_FIELDS = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'content-length'];

/**
 * Settings of an arm that browsers do not support. They open pages, keep their connections and close them when
 * idle. `close` and `hold` from the defaults are ignored.
 * @param isSecured the target is an https:// one
 */
export function checkBrowsers(via: Via, written: ArmFile, own: ArmFile, isSecured: boolean): Fault[] {
  if (written.load?.kind !== 'browsers') return [];
  const faults: Fault[] = [];
  if (sendsNothing(via))
    faults.push({
      key: 'via',
      what: 'browsers open pages, which need HTTP',
      fix: 'use via: proxy or direct',
    });
  else if (via === 'tunnel' && !isSecured) {
    const what = 'browsers ask for tunnels to https:// targets alone';
    faults.push({ key: 'via', what, fix: 'use an https:// target, or via: proxy' });
  }
  if (via === 'direct' && written.load.page.hosts.length > 0)
    faults.push({
      key: 'load',
      what: 'page.hosts needs a proxy: direct, all objects come from the target',
      fix: 'use via: proxy, or remove page.hosts',
    });
  const { browsers, rampUs, forUs } = written.load;
  if (rampUs > forUs)
    faults.push({
      key: 'load',
      what: `of ${browsers} browsers that begin within ${formatDuration(rampUs)}, only part would do so in ${formatDuration(forUs)}`,
      fix: 'shorten load.ramp, or lengthen load.for',
    });
  const key = (['close', 'hold', 'prove'] as const).find((one) => own[one] !== undefined);
  if (key !== undefined) {
    faults.push({ key, what: `"${key}" does not apply to browsers`, fix: 'remove it, and set load.idle' });
  }
  const { version, method, body, headers } = written.request ?? {};
  if (version === '1.0')
    faults.push({
      key: 'request',
      what: 'HTTP/1.0 does not keep connections open',
      fix: 'remove request.version',
    });
  if ((method ?? 'GET') !== 'GET' || (body ?? '') !== '')
    faults.push({
      key: 'request',
      what: 'browsers only send GET',
      fix: 'remove request.method and request.body',
    });
  const field = Object.keys(headers ?? {}).find((name) => OWN_FIELDS.includes(name.toLowerCase()));
  if (field !== undefined)
    faults.push({ key: 'request', what: `browsers set ${field} themselves`, fix: 'remove the header' });
  return faults;
}
