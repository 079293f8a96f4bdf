import type { IncomingMessage, ServerResponse } from 'node:http';

const BODY = 'This proxy wants to know who asks.\n';

/** Whether a request brings Basic credentials that can be read: a user and a password (RFC 7617 section 2). */
export function hasBasicCredentials({ headers }: IncomingMessage): boolean {
  const [scheme = '', encoded = ''] = (headers['proxy-authorization'] ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return false;
  return /^[^:]+:.+$/s.test(Buffer.from(encoded, 'base64').toString('utf8'));
}

/** Asks for credentials (RFC 9110 section 15.5.8). */
export function challenge(request: IncomingMessage, response: ServerResponse, closes: boolean): void {
  // A body that nobody reads would turn the close into a reset.
  request.resume();
  const isAskedTo = /\bclose\b/i.test(request.headers.connection ?? '');
  response.writeHead(407, fields(closes || isAskedTo));
  response.end(request.method === 'HEAD' ? undefined : BODY);
}

/** The same where Node has let go of the connection, after a CONNECT. */
export function challengeText(closes: boolean): string {
  const lines = Object.entries(fields(closes)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 407 Proxy Authentication Required\r\n${lines.join('')}\r\n${BODY}`;
}

function fields(closes: boolean): Record<string, string> {
  return {
    'Proxy-Authenticate': 'Basic realm="rushhour far end", charset="UTF-8"',
    'Content-Type': 'text/plain',
    'Content-Length': String(BODY.length),
    // Node would keep it for any request that does not ask to close; this proxy may have a mind of its own.
    Connection: closes ? 'close' : 'keep-alive',
  };
}
