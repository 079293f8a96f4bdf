/** What stands in results and logs where a secret was. */
export const REDACTED = '[redacted]';

/** Query parameters whose values are secrets, by their names. */
const SECRET_PARAMETER =
  /([?&](?:[^=&#]*(?:token|secret|passw|pwd|api[-_]?key|signature|credential)[^=&#]*|key|sig|auth|session|sid)=)[^&#\s]*/gi;

/** A path with its query, or a whole URL, without the values of parameters that are secrets by their names. */
export function redactPath(path: string): string {
  return path.replace(SECRET_PARAMETER, `$1${REDACTED}`);
}

/** A URL, or text with URLs in it, without secret parameters and without users and their passwords. */
export function redactUrl(text: string): string {
  return redactPath(text.replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`));
}

/** A proxy or a target as it was typed, with or without a scheme, without what {@link redactUrl} leaves out. */
export function redactEndpoint(text: string): string {
  return redactUrl(text.replace(/^[^/?#\s]*@/, `${REDACTED}@`));
}

/**
 * Header fields that may be shown: what RFC 9110, RFC 9111 and the Fetch standard define, none of which carries a secret.
 * Any other may be somebody's key, whatever it is called, and so may every cookie (RFC 6265).
 */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set(
  `accept accept-charset accept-encoding accept-language accept-ranges age allow cache-control connection content-encoding
  content-language content-length content-location content-range content-type date dnt expect forwarded host
  if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive last-modified location max-forwards
  origin pragma proxy-connection range referer retry-after sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user
  server te trailer transfer-encoding upgrade upgrade-insecure-requests user-agent vary via x-forwarded-for
  x-forwarded-host x-forwarded-proto x-requested-with`.split(/\s+/),
);

/** The value of a header as it may be shown: of those alone that carry no secret, and without what is secret in a URL. */
export function redactHeader(name: string, value: string): string {
  return PUBLIC_HEADERS.has(name.trim().toLowerCase()) ? redactUrl(value) : REDACTED;
}
