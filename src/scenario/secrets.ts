/** What stands in results and logs where a secret was. */
export const REDACTED = '[redacted]';

/** Headers that carry a secret: RFC 9110 sections 11.6 and 11.7, RFC 6265, and two that are merely customary. */
export const SECRET_HEADERS: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-auth-token',
];
