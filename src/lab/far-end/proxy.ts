import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostPort } from '../../scenario/types.ts';
import type { FarEndCounts, FarEndOptions } from './protocol.ts';
import { createRespond, refuse } from './respond.ts';

/** Running counts. */
export type GrowingCounts = { -readonly [K in keyof FarEndCounts]: FarEndCounts[K] };

/** A server that the proxy may reach. */
export interface Destination {
  readonly at: HostPort;
  readonly server: Server;
}

export interface Proxy {
  readonly request: RequestListener;
  /** Opens a tunnel (RFC 9110 section 9.3.6), or answers why not. */
  readonly connect: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * A forward proxy that only reaches its own origins, so that it is never an open proxy. It calls them directly instead
 * of connecting, so that one core keeps up with a load.
 * @param resume hands a connection back to the proxy's server once Node has let go of it after a CONNECT
 */
export function createProxy(
  options: FarEndOptions,
  origin: HostPort,
  destinations: readonly Destination[],
  counts: GrowingCounts,
  resume: (socket: Duplex) => void,
): Proxy {
  const respond = createRespond(options, 'proxy');
  const mustAsk = (request: IncomingMessage): boolean =>
    options.asksForBasic && !hasBasicCredentials(request);

  return {
    request(request, response) {
      const fault = whyNotForwarded(request.url ?? '', origin);
      if (fault !== undefined) {
        counts.refusedRequests += 1;
        refuse(response, fault.status, fault.reason);
      } else if (mustAsk(request)) {
        counts.challenges += 1;
        challenge(request, response, options.closesAfterChallenge);
      } else {
        counts.proxyRequests += 1;
        respond(request, response);
      }
    },
    connect(request, socket, head) {
      // A client may reset at any time.
      socket.on('error', () => socket.destroy());
      if (head.length > 0) socket.unshift(head);
      const destination = destinations.find(({ at }) => isAuthority(request.url ?? '', at));
      if (destination === undefined) {
        counts.refusedRequests += 1;
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      } else if (mustAsk(request)) {
        counts.challenges += 1;
        const text = challengeText(options.closesAfterChallenge);
        if (options.closesAfterChallenge) socket.end(text);
        else socket.write(text, () => resume(socket));
      } else {
        counts.tunnels += 1;
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        destination.server.emit('connection', socket);
      }
    },
  };
}

/** CONNECT uses authority-form (RFC 9112 section 3.2.3). */
function isAuthority(text: string, { host, port }: HostPort): boolean {
  const match = /^\[?([^[\]]+?)\]?:(\d+)$/.exec(text);
  return match !== null && namesOf(host).includes(match[1]!.toLowerCase()) && Number(match[2]) === port;
}

/** Requests to a proxy use absolute-form (RFC 9112 section 3.2.2); this one accepts only its own origin. */
function whyNotForwarded(url: string, origin: HostPort): { status: number; reason: string } | undefined {
  if (!URL.canParse(url)) return { status: 400, reason: 'This is a proxy: send an absolute URL.' };
  const target = new URL(url);
  const hosts = namesOf(origin.host).map((name) => (isIPv6(name) ? `[${name}]` : name));
  const isOrigin = hosts.includes(target.hostname) && Number(target.port || 80) === origin.port;
  if (target.protocol === 'http:' && isOrigin) return undefined;
  return {
    status: 403,
    reason: `This proxy forwards to its own origin only, ${origin.host}:${origin.port}.`,
  };
}

function namesOf(host: string): string[] {
  return [host, 'localhost'];
}

const BODY = 'This proxy requires authentication.\n';

/** Whether a request has valid Basic credentials: a user and a password (RFC 7617 section 2). */
function hasBasicCredentials({ headers }: IncomingMessage): boolean {
  const [scheme = '', encoded = ''] = (headers['proxy-authorization'] ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return false;
  return /^[^:]+:.+$/s.test(Buffer.from(encoded, 'base64').toString('utf8'));
}

/** Asks for credentials (RFC 9110 section 15.5.8). */
function challenge(request: IncomingMessage, response: ServerResponse, closes: boolean): void {
  // An unread body would turn the close into a reset.
  request.resume();
  const isAskedTo = /\bclose\b/i.test(request.headers.connection ?? '');
  response.writeHead(407, fields(closes || isAskedTo));
  response.end(request.method === 'HEAD' ? undefined : BODY);
}

/** The same after a CONNECT, when Node no longer manages the connection. */
function challengeText(closes: boolean): string {
  const lines = Object.entries(fields(closes)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 407 Proxy Authentication Required\r\n${lines.join('')}\r\n${BODY}`;
}

function fields(closes: boolean): Record<string, string> {
  return {
    'Proxy-Authenticate': 'Basic realm="rushhour far end", charset="UTF-8"',
    'Content-Type': 'text/plain',
    'Content-Length': String(BODY.length),
    // Node would keep it open for any request that does not ask to close; this proxy may be configured to close.
    Connection: closes ? 'close' : 'keep-alive',
  };
}
