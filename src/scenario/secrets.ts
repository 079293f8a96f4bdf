/** What stands in results and logs where a secret was. */
export const REDACTED = '[redacted]';

/** Query parameters whose values are secrets, by their names. */
const SECRET_PARAMETER =
  /([?&](?:[^=&#]*(?:token|secret|passw|pwd|api[-_]?key|signature|credential)[^=&#]*|key|sig|auth|session|sid)=)[^&#\s]*/gi;

/** A path with its query, or a whole URL, without the values of parameters that are secrets by their names. */
export function redactPath(path: string): string {
  return path.replace(SECRET_PARAMETER, `$1${REDACTED}`);
}

/** Headers that carry a secret: RFC 9110 sections 11.6 and 11.7, RFC 6265, and two that are merely customary. */
export const SECRET_HEADERS: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-auth-token',
];
