/** Replaces a secret in results and logs. */
export const REDACTED = '[redacted]';

/** Query parameters that by their names carry secrets. */
const SECRET_PARAMETER =
  /([?&](?:[^=&#]*(?:token|secret|passw|pwd|api[-_]?key|signature|credential)[^=&#]*|key|sig|auth|session|sid)=)[^&#\s]*/gi;

/** A path with its query, or a whole URL, without the values of parameters that by their names carry secrets. */
export function redactPath(path: string): string {
  return path.replace(SECRET_PARAMETER, `$1${REDACTED}`);
}

/**
 * `user:password@` anywhere in text, with or without `//` before it; the password may contain anything but blanks and
 * quotes. `host:8080/@` is none.
 */
const USER_INFO = /(?<![^\s"'=(,/@])[^\s"'=(,/@:[\]]+:(?!\/|\d+(?:[/?#]|$))[^\s"']*@/g;

/** A URL, or text containing URLs, without secret parameters, users and passwords. */
export function redactUrl(text: string): string {
  return redactPath(text.replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`).replace(USER_INFO, `${REDACTED}@`));
}

/** A proxy or target as typed, with or without a scheme, without what {@link redactUrl} removes. */
export function redactEndpoint(text: string): string {
  return redactUrl(text.replace(/^[^/?#\s]*@/, `${REDACTED}@`));
}

/**
 * Header fields that may be shown: those defined by RFC 9110, RFC 9111 and the Fetch standard, none of which carries a
 * secret. Any other field may be a key, whatever its name, and so may any cookie (RFC 6265).
 */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set(
  `accept accept-charset accept-encoding accept-language accept-ranges age allow cache-control connection content-encoding
  content-language content-length content-location content-range content-type date dnt expect forwarded host
  if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive last-modified location max-forwards
  origin pragma proxy-connection range referer retry-after sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user
  server te trailer transfer-encoding upgrade upgrade-insecure-requests user-agent vary via x-forwarded-for
  x-forwarded-host x-forwarded-proto x-requested-with`.split(/\s+/),
);

/** A header's value as it may be shown: only of fields that carry no secret, and with URLs redacted. */
export function redactHeader(name: string, value: string): string {
  return PUBLIC_HEADERS.has(name.trim().toLowerCase()) ? redactUrl(value) : REDACTED;
}
