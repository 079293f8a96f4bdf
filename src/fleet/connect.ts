import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import {
  type NatsConnection,
  NatsConnectionImpl,
  nkeyAuthenticator,
  setTransportFactory,
} from '@nats-io/transport-node';
import { EnvironmentError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import type { ProxyRoute } from './link/proxy.ts';
import { type FleetOptions, FleetTransport } from './link/transport.ts';
import { inboxOf, type Role } from './protocol.ts';

/** A firewall that forgets the connection is noticed after this, twice; milliseconds. */
const PING_EVERY_MS = 10_000;
const CONNECT_WITHIN_MS = 10_000;
const RECONNECT_AFTER_MS = 1_000;
const RECONNECT_JITTER_MS = 2_000;

export interface Link {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
}

export interface ConnectOptions {
  /** Waits for a server that is not there yet, or does not take the credentials for now. One that was there is never given up. */
  readonly isPatient: boolean;
  /** The only way out. */
  readonly proxy?: ProxyRoute | undefined;
}

/** @throws EnvironmentError if there is no server, or if it does not take these credentials */
export async function connectFleet(
  { role, servers, seed, ca }: Omit<Credentials, 'schema' | 'role'> & { readonly role: Role },
  { isPatient, proxy }: ConnectOptions,
): Promise<Link> {
  try {
    setTransportFactory({ factory: () => new FleetTransport() });
    const options: FleetOptions = {
      ca,
      ...(proxy !== undefined && { proxy }),
      servers: role.kind === 'probe' ? spread(servers) : [...servers],
      noRandomize: true,
      // Its certificate is for the names that the credentials have, not for every address that the server knows of itself.
      ignoreClusterUpdates: true,
      name: `rushhour ${'id' in role ? role.id : role.kind}`,
      authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
      inboxPrefix: inboxOf(role),
      timeout: CONNECT_WITHIN_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: 2,
      // A stack of each request, in case it fails, takes longer than the request.
      noAsyncTraces: true,
      reconnectTimeWait: RECONNECT_AFTER_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      reconnectJitterTLS: RECONNECT_JITTER_MS,
      // What was there once comes again: a run that is followed goes on meanwhile.
      maxReconnectAttempts: -1,
      // Credentials that are taken back may be given again; whoever watches is told meanwhile.
      ignoreAuthErrorAbort: isPatient,
      waitOnFirstConnect: isPatient,
    };
    const connection = await NatsConnectionImpl.connect(options);
    return { connection, jetstream: jetstream(connection) };
  } catch (cause) {
    throw new EnvironmentError(`no connection to ${servers.join(', ')} (${(cause as Error).message})`, {
      hint: 'is "rushhour fleet up" running, and are these its credentials?',
      cause,
    });
  }
}

/** Many probes share the servers of a cluster: each begins with another, and with any WebSocket last. */
function spread(servers: readonly string[]): string[] {
  const drawn = servers.map((url) => ({ url, place: Math.random() + (url.startsWith('wss:') ? 1 : 0) }));
  return drawn.sort((a, b) => a.place - b.place).map(({ url }) => url);
}
