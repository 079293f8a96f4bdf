import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';
import type { PageRequest, Reply } from './types.ts';

/** 192 bits: impossible to guess. */
export function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * Admits clients that have the token: once as `?token=`, afterwards as a cookie, so that no address contains it any
 * more.
 * @returns a redirect that sets the cookie; undefined if the client already has it
 * @throws Refusal if it has neither
 */
export function checkToken(
  token: string,
  request: IncomingMessage,
  { query }: PageRequest,
  port: number,
): Reply | undefined {
  // Cookies are of a machine, not of a port (RFC 6265, 8.5).
  const name = `rushhour-${port}`;
  const given = query.get('token');
  if (given !== null && isSame(given, token)) {
    const left = new URLSearchParams(query);
    left.delete('token');
    // Never two slashes first: that would be another machine.
    const path = (request.url ?? '/').split('?', 1)[0]!.replace(/^\/+/, '/');
    return {
      ...{ status: 303, type: 'html', body: '' },
      headers: {
        Location: left.size === 0 ? path : `${path}?${left}`,
        'Set-Cookie': `${name}=${token}; Path=/; HttpOnly; SameSite=Strict`,
      },
    };
  }
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  if (cookies.some((cookie) => cookie.startsWith(`${name}=`) && isSame(cookie.slice(name.length + 1), token)))
    return undefined;
  throw new Refusal(
    401,
    'this page needs the token in its address',
    'open the whole address that rushhour serve printed',
  );
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
