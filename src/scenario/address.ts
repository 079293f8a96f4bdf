import { isIP } from 'node:net';
import { UsageError } from '../errors.ts';
import { readZone } from './host-names.ts';
import type { NamedHost } from './load-types.ts';
import { expandNumbered } from './numbered.ts';
import { redactEndpoint } from './secrets.ts';
import type { HostPort, Target } from './types.ts';

/** A target as written. Its scheme decides which arms can use it. */
export type ParsedTarget = Target;

/** Placeholder for what an embedded far end supplies once its ports are known. Port 0 can never be connected to. */
export const UNFILLED: HostPort = { host: 'embedded', port: 0 };

/** Placeholder for a proxy until a script has named one (RFC 6761 section 6.4: such a name never resolves). */
export const UNCHOSEN: HostPort = { host: 'pac.invalid', port: 1 };

/**
 * Reads a proxy: `host:port`, an IPv6 address in brackets. A leading `http://` is accepted, as in http_proxy.
 * @throws UsageError
 */
export function parseProxy(text: string): HostPort {
  if (/^(https?|file):\/\/.*(\.pac|\/wpad\.dat)([?#].*)?$/is.test(text)) {
    throw new UsageError('that is a PAC script, which names proxies, not a proxy', {
      hint: `--pac ${redactEndpoint(text)} uses it (in a scenario: proxy: { pac: … })`,
    });
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http') {
    throw new UsageError(`${scheme}:// proxies are not supported`, {
      hint: 'give a plain HTTP proxy as host:port',
    });
  }
  return parseAuthority(text.replace(/^http:\/\//i, '').replace(/\/$/, ''), 'proxy', undefined);
}

/** Of an object’s host without a port: whatever the target’s is. */
const SAME_PORT = 0;

/** RFC 9110 sections 4.2.1 and 4.2.2. */
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Reads a target: `http://host[:port]/path?query`, `https://` likewise, or `tcp://host:port`. The path is kept as
 * written, so `{nonce}` and any escapes reach the wire unchanged.
 * @param embedded also accept `/path` and, for TLS, `https:///path`: the embedded far end supplies the rest
 * @throws UsageError
 */
export function parseTarget(text: string, embedded = false): ParsedTarget {
  if (embedded && text.startsWith('/')) return { scheme: 'http', ...UNFILLED, path: checkPath(text) };
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  const authority = match?.[2] ?? '';
  const rest = match?.[3] ?? '';
  switch (scheme) {
    case 'http':
    case 'https': {
      const path = checkPath(rest.startsWith('/') ? rest : `/${rest}`);
      if (embedded && authority === '' && rest.startsWith('/')) return { scheme, ...UNFILLED, path };
      return { scheme, ...parseAuthority(authority, 'target', DEFAULT_PORTS[scheme], path), path };
    }
    case 'tcp':
      if (rest !== '' && rest !== '/') {
        throw new UsageError('a tcp:// target has no path', {
          hint: 'write only tcp://host:port',
        });
      }
      return { scheme, ...parseAuthority(authority, 'target', undefined), path: '' };
    default:
      throw new UsageError(`"${redactEndpoint(text)}" is not a target`, {
        hint: 'write http://host/path, https://host/path, or tcp://host:port',
      });
  }
}

/**
 * Reads the path of an object of a page: `/img/{object}.png`.
 * @throws UsageError
 */
export function parsePagePath(text: string): string {
  if (text.startsWith('/')) return checkPath(text);
  throw new UsageError(`${JSON.stringify(redactEndpoint(text))} is not a path`, {
    hint: 'start it with /; page.hosts has the hosts',
  });
}

/** More than the pages of any portal. */
export const MAX_PAGE_HOSTS = 1_000;

/**
 * Reads hosts of the objects of a page: `cdn.example.org`, `cdn{1-19}.example.org`, `127.0.0.{2-20}:8080`.
 * @throws UsageError
 */
export function parsePageHosts(text: string): NamedHost[] {
  if (/[/?#]/.test(text)) {
    throw new UsageError(`${JSON.stringify(redactEndpoint(text))} is not a host`, {
      hint: 'write host or host:port, without http:// and path; page.paths has the paths',
    });
  }
  if (text.includes('@')) refuseCredentials('host');
  return expandNumbered(text, { one: 'host', example: 'cdn{1-19}.example.org', most: MAX_PAGE_HOSTS }).map(
    (place) => {
      const { host, port } = parseAuthority(place, 'host', SAME_PORT);
      return port === SAME_PORT ? { host } : { host, port };
    },
  );
}

function refuseCredentials(what: 'proxy' | 'target' | 'host'): never {
  throw new UsageError(`the ${what} contains credentials, which would end up in results and process lists`, {
    hint: 'remove everything up to the @',
  });
}

/** @param rest what follows: an @ in it, behind what is no authority, says that a password contains a / */
function parseAuthority(
  text: string,
  what: 'proxy' | 'target' | 'host',
  defaultPort: number | undefined,
  rest = '',
): HostPort {
  if (text.includes('@')) refuseCredentials(what);
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  const host = match?.[1] === undefined ? (match?.[2] ?? '') : readZone(match[1]);
  const bracketed = match?.[1] !== undefined;
  if (match === null || (bracketed ? isIP(host) !== 6 : !isHost(host))) {
    if (rest.includes('@')) refuseCredentials(what);
    throw new UsageError(`"${text}" is not a host${defaultPort === undefined ? ' and port' : ''}`, {
      hint: isIP(text) === 6 ? `put the IPv6 address in brackets: [${text}]:3128` : 'write host:port',
    });
  }
  const port = match[3] === undefined || match[3] === '' ? defaultPort : Number(match[3]);
  if (port === undefined) {
    throw new UsageError(`the ${what} "${text}" has no port`, { hint: `add it, such as ${text}:3128` });
  }
  if (port === SAME_PORT && match[3] === undefined) return { host, port };
  if (port < 1 || port > 65_535) {
    throw new UsageError(`${port} is not a port`, { hint: 'ports are 1-65535' });
  }
  return { host, port };
}

/** IPv4 address or name (RFC 1123 section 2.1, and the underscores that real networks have). */
function isHost(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIP(host) === 4;
  return (
    host.length <= 253 &&
    /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(host)
  );
}

/** RFC 9112 section 3.2: a request line's target contains no spaces, control characters or fragment. */
function checkPath(path: string): string {
  if (path.includes('#')) {
    throw new UsageError('the fragment of a URL is never sent', {
      hint: 'remove the # and what follows',
    });
  }
  if (!/^[\x21-\x7e]*$/.test(path)) {
    throw new UsageError(
      `the path ${JSON.stringify(path)} contains characters that a request line cannot carry`,
      {
        hint: 'percent-encode spaces, control characters and everything outside ASCII',
      },
    );
  }
  return path;
}
