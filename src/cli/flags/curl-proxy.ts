import { BlockList, isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

/** A proxy that curl would use because of the environment. */
export interface CurlProxy {
  /** The environment variable. */
  readonly variable: string;
  /** Its value without user and password. */
  readonly shown: string;
  /** `host:port` of a plain HTTP proxy; undefined for other kinds. */
  readonly proxy: string | undefined;
  readonly hasCredentials: boolean;
}

/** curl's default port of a proxy (CURLOPT_PROXY). */
const DEFAULT_PORT = 1_080;

/**
 * The proxy that curl would use for a URL, by the rules of its manual ("ENVIRONMENT"): the variable of the scheme, then
 * all_proxy, unless no_proxy names the host. Lower case takes precedence, and HTTP_PROXY in capitals is ignored,
 * because a CGI request can set it by a header.
 */
export function findCurlProxy(
  env: Env,
  { scheme, host }: { readonly scheme: 'http' | 'https'; readonly host: string },
): CurlProxy | undefined {
  const names = [`${scheme}_proxy`, ...(scheme === 'https' ? ['HTTPS_PROXY'] : []), 'all_proxy', 'ALL_PROXY'];
  const { no_proxy, NO_PROXY } = env;
  const variable = names.find((name) => isSet(env[name]));
  if (variable === undefined || isExempt(host, no_proxy ?? NO_PROXY ?? '')) return undefined;
  return describe(variable, env[variable] ?? '');
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

function describe(variable: string, text: string): CurlProxy {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  const authority = rest.replace(/[/?#].*$/s, '');
  // A password may contain an @.
  const at = authority.lastIndexOf('@');
  const place = authority.slice(at + 1);
  const shown = `${scheme.toLowerCase()}://${at < 0 ? '' : '[redacted]@'}${place}`;
  const isPlain = scheme.toLowerCase() === 'http' && /^(\[[0-9a-f:.]+\]|[^:[\]]+)(:\d+)?$/i.test(place);
  return {
    variable,
    shown,
    proxy: isPlain ? (/:\d+$/.test(place) ? place : `${place}:${DEFAULT_PORT}`) : undefined,
    hasCredentials: at >= 0,
  };
}

/**
 * Whether no_proxy matches a host: `*` alone matches all, a name itself and its subdomains (with or without a leading
 * dot), an address itself, a CIDR block its addresses (curl 7.86).
 */
export function isExempt(host: string, list: string): boolean {
  if (list.trim() === '*') return true;
  const name = host.toLowerCase().replace(/\.$/, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => (isIP(name) === 0 ? isWithin(name, entry) : isInBlock(name, entry)));
}

function isWithin(name: string, entry: string): boolean {
  const domain = entry.replace(/^\./, '').replace(/\.$/, '');
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
}

function isInBlock(address: string, entry: string): boolean {
  const [base = '', bits] = entry.replace(/[[\]]/g, '').split('/');
  const family = isIP(base);
  if (family === 0 || family !== isIP(address)) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const most = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : most + 1;
  if (prefix > most) return false;
  const block = new BlockList();
  block.addSubnet(base, prefix, type);
  return block.check(address, type);
}

/** A message for users who expect curl's behaviour. */
export function formatCurlProxy({ variable, shown, proxy, hasCredentials }: CurlProxy): string {
  const head = `${variable}=${shown} is ignored here, although curl would use it`;
  if (proxy === undefined) return `${head}; it cannot be used either: -x takes a plain HTTP proxy, host:port`;
  const user = hasCredentials ? ' -U env:NAME, with its user:password in NAME' : '';
  return `${head}; to go through it, add -x ${proxy}${user}`;
}
