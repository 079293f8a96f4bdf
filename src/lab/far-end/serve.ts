import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostPort } from '../../scenario/types.ts';
import type { FarEndCounts, FarEndOptions } from './protocol.ts';
import { createRespond, refuse } from './respond.ts';

/** A forward proxy and the origin behind it, listening. */
export interface Servers {
  readonly proxy: HostPort;
  readonly origin: HostPort;
  readonly counts: FarEndCounts;
  /** Stops listening and resets what is open. */
  close(): void;
}

/** The kernel takes the lower of this and net.core.somaxconn (listen(2)). */
const BACKLOG = 65_535;

/** No time limits: a connection that is held, or never sends, must be cut by what is under test and not by us. */
const PATIENT: ServerOptions = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };

/**
 * Starts both in this process. The proxy answers for its origin by a call instead of a connection, so that one core
 * keeps up with a load; it forwards to nothing else, so that it never is an open proxy.
 * @throws Error of the system where it cannot listen
 */
export async function serveFarEnd(options: FarEndOptions): Promise<Servers> {
  const counts = {
    proxyConnections: 0,
    proxyRequests: 0,
    refusedRequests: 0,
    originConnections: 0,
    originRequests: 0,
  };
  const respondAsOrigin = createRespond(options, 'origin');
  const respondAsProxy = createRespond(options, 'proxy');

  const originServer = createServer(PATIENT, (request, response) => {
    counts.originRequests += 1;
    respondAsOrigin(request, response);
  });
  originServer.on('connection', () => (counts.originConnections += 1));
  const origin = await listen(originServer, { host: options.listen.host, port: 0 });

  const proxyServer = createServer(PATIENT, (request, response) => {
    const fault = whyNotForwarded(request.url ?? '', origin);
    if (fault !== undefined) {
      counts.refusedRequests += 1;
      refuse(response, fault.status, fault.reason);
      return;
    }
    counts.proxyRequests += 1;
    respondAsProxy(request, response);
  });
  proxyServer.on('connection', () => (counts.proxyConnections += 1));
  proxyServer.on('connect', (_request, socket) => {
    counts.refusedRequests += 1;
    socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  const proxy = await listen(proxyServer, options.listen);

  return {
    proxy,
    origin,
    counts,
    close() {
      for (const server of [proxyServer, originServer]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** A proxy is asked in absolute form (RFC 9112 section 3.2.2), and this one for its own origin only. */
function whyNotForwarded(url: string, origin: HostPort): { status: number; reason: string } | undefined {
  if (!URL.canParse(url)) return { status: 400, reason: 'This is a proxy: ask with an absolute URL.' };
  const target = new URL(url);
  const hosts = [origin.host, `[${origin.host}]`, 'localhost'];
  const isOrigin = hosts.includes(target.hostname) && Number(target.port || 80) === origin.port;
  if (target.protocol === 'http:' && isOrigin) return undefined;
  return {
    status: 403,
    reason: `This proxy forwards to its own origin only, ${origin.host}:${origin.port}.`,
  };
}

async function listen(server: Server, at: HostPort): Promise<HostPort> {
  server.listen({ host: at.host, port: at.port, backlog: BACKLOG });
  await once(server, 'listening');
  return { host: at.host, port: (server.address() as AddressInfo).port };
}
