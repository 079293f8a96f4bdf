import { isIPv4, isIPv6 } from 'node:net';

/**
 * A host serves five purposes and is a different string for each; types keep them apart. A zone (`fe80::1%eth0`, RFC
 * 4007) is meaningful only on this machine. A trailing dot ends a name for resolvers (RFC 1034 section 3.1), and is not
 * part of the name that certificates and tickets are issued for.
 */
declare const purpose: unique symbol;
type For<Purpose extends string> = string & { readonly [purpose]: Purpose };

/** What is looked up or connected to: zone and trailing dot as written. */
export type ConnectHost = For<'connect'>;
/**
 * In the target URI, as in Host and in absolute-form (RFC 9110 section 7.2): no zone (RFC 6874 section 1), brackets
 * around IPv6.
 */
export type UriHost = For<'uri'>;
/** In CONNECT's target (RFC 9110 section 9.3.6), which the proxy looks up: as {@link UriHost}. */
export type TunnelHost = For<'tunnel'>;
/** Server name indication and the name to verify: neither zone nor trailing dot (RFC 6066 section 3), no brackets. */
export type ServerName = For<'tls'>;
/** The host of a Kerberos service, `HTTP@host`: neither zone nor trailing dot. */
export type ServiceHost = For<'kerberos'>;

export function connectHostOf(host: string): ConnectHost {
  return host as ConnectHost;
}

export function uriHostOf(host: string): UriHost {
  return bracket(withoutZone(host)) as UriHost;
}

export function tunnelHostOf(host: string): TunnelHost {
  return bracket(withoutZone(host)) as TunnelHost;
}

export function serverNameOf(host: string): ServerName {
  return withoutDot(withoutZone(host)) as ServerName;
}

export function serviceHostOf(host: string): ServiceHost {
  return withoutDot(withoutZone(host)) as ServiceHost;
}

/** `fe80::1` for `fe80::1%eth0`; anything else unchanged. */
export function withoutZone(host: string): string {
  return isIPv6Literal(host) ? host.replace(/%.*$/s, '') : host;
}

/** `eth0` for `fe80::1%eth0`; undefined without a zone. */
export function zoneOf(host: string): string | undefined {
  return isIPv6Literal(host) ? /%(.+)$/s.exec(host)?.[1] : undefined;
}

/** In a URI, the percent sign is itself written %25 (RFC 6874 section 2): `fe80::1%25eth0` means `fe80::1%eth0`. */
export function readZone(host: string): string {
  return host.replace(/%25(?=.)/s, '%');
}

function withoutDot(host: string): string {
  return isIPv4(host) || isIPv6Literal(host) ? host : host.replace(/\.$/, '');
}

function bracket(host: string): string {
  return isIPv6Literal(host) ? `[${host}]` : host;
}

/** Node compiles its IPv6 pattern on first use, which takes 10 ms or more: once per worker. */
function isIPv6Literal(host: string): boolean {
  return host.includes(':') && isIPv6(host);
}
