import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { HostPort } from '../../scenario/types.ts';
import type { FarEndCounts, FarEndOptions, TlsOrigin } from './protocol.ts';
import { createProxy, type Destination, type GrowingCounts } from './proxy.ts';
import { createRespond, type Respond } from './respond.ts';

/** A forward proxy and the origin behind it, listening. */
export interface Servers {
  readonly proxy: HostPort;
  readonly origin: HostPort;
  /** If TLS was requested. */
  readonly tlsOrigin?: TlsOrigin;
  readonly counts: FarEndCounts;
  /** Stops listening and closes what is open, tunnels included. */
  close(): void;
}

/** The kernel takes the lower of this and net.core.somaxconn (listen(2)). */
const BACKLOG = 65_535;

/** No time limits: an idle or held connection must be cut by the system under test, not by us. */
const PATIENT: ServerOptions = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };

/**
 * Starts all of it in this process.
 * @throws Error of the system if it cannot listen
 */
export async function serveFarEnd(options: FarEndOptions): Promise<Servers> {
  const counts = emptyCounts();
  const respond = createRespond(options, 'origin');
  const answer: Respond = (request, response) => {
    counts.originRequests += 1;
    respond(request, response);
  };
  const open = new Set<Socket>();
  const originServer = createServer(PATIENT, answer);
  originServer.on('connection', () => (counts.originConnections += 1));
  const origin = await listen(originServer, { host: options.listen.host, port: options.originPort });
  const secure = options.tls ? await serveTls(options.listen.host, answer) : undefined;
  secure?.server.on('connection', () => (counts.originConnections += 1));

  const destinations: Destination[] = [
    { at: origin, server: originServer },
    ...(secure === undefined ? [] : [secure]),
  ];
  const proxyServer = createServer(PATIENT);
  const resumed = new WeakSet<object>();
  const resume = (socket: object): void => {
    resumed.add(socket);
    proxyServer.emit('connection', socket);
  };
  const proxied = createProxy(options, origin, destinations, counts, resume);
  proxyServer.on('request', proxied.request).on('connect', proxied.connect);
  proxyServer.on('connection', (socket) => {
    if (!resumed.has(socket)) counts.proxyConnections += 1;
  });
  for (const server of [proxyServer, originServer]) {
    server.on('connection', (socket: Socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
  }
  const proxy = await listen(proxyServer, options.listen);

  return {
    proxy,
    origin,
    ...(secure === undefined ? {} : { tlsOrigin: { ...secure.at, certificate: secure.certificate } }),
    counts,
    close() {
      for (const server of [proxyServer, ...destinations.map((destination) => destination.server)]) {
        server.close();
        server.closeAllConnections();
      }
      // Tunnels are no longer the servers'.
      for (const socket of open) socket.destroy();
    },
  };
}

async function serveTls(
  host: string,
  answer: Respond,
): Promise<Destination & { readonly certificate: string }> {
  // Loaded on demand: TLS takes Node a while to load and is rarely requested.
  const [{ createServer: createTlsServer }, { createSelfSigned }] = await Promise.all([
    import('node:https'),
    import('../../net/self-signed.ts'),
  ]);
  const { key, certificate } = createSelfSigned(
    'rushhour embedded far end',
    [...new Set([host, 'localhost'])],
    Date.now(),
  );
  const server = createTlsServer({ ...PATIENT, key, cert: certificate }, answer);
  // A client may distrust the certificate or reset.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return { at: await listen(server, { host, port: 0 }), server, certificate };
}

function emptyCounts(): GrowingCounts {
  return {
    proxyConnections: 0,
    proxyRequests: 0,
    refusedRequests: 0,
    challenges: 0,
    tunnels: 0,
    originConnections: 0,
    originRequests: 0,
  };
}

async function listen(server: Server, at: HostPort): Promise<HostPort> {
  server.listen({ host: at.host, port: at.port, backlog: BACKLOG });
  await once(server, 'listening');
  return { host: at.host, port: (server.address() as AddressInfo).port };
}
