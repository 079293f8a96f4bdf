import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import {
  AuthorizationError,
  type NatsConnection,
  NatsConnectionImpl,
  nkeyAuthenticator,
  setTransportFactory,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { EnvironmentError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import { ProxyError, type ProxyRoute } from './link/proxy.ts';
import { type FleetOptions, FleetTransport, SilentError } from './link/transport.ts';
import { inboxOf, type Role } from './protocol.ts';

/** A firewall that forgets the connection is noticed after this, twice; milliseconds. */
const PING_EVERY_MS = 10_000;
/** A probe has nobody who waits, and may have a slow link. */
const CONNECT_WITHIN_MS = 10_000;
const OPERATOR_CONNECTS_WITHIN_MS = 5_000;
/** The library gives up later than our transport, which knows more of why. */
const LATER_MS = 200;
const RECONNECT_AFTER_MS = 1_000;
const RECONNECT_JITTER_MS = 2_000;

export interface Link {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
}

/** The server answers, and does not take the credentials. */
export class RefusedError extends EnvironmentError {
  constructor(role: Role, cause: unknown) {
    const [what, hint] = refusalOf(role);
    super(`the server refuses ${what}`, { hint, cause });
  }
}

/** For whoever holds a token that is good for nothing any more. */
export function askForToken(probe: string): string {
  return `ask the operator for a new one: "rushhour fleet enroll ${probe}", after "rushhour fleet revoke ${probe}" if it was used`;
}

function refusalOf(role: Role): [what: string, hint: string] {
  switch (role.kind) {
    case 'probe':
      return [
        `the credentials of ${role.id}: they were revoked, or are of another fleet`,
        `ask the operator for a token ("rushhour fleet enroll ${role.id}"), move these credentials away, and use it with "rushhour probe --enroll"`,
      ];
    case 'newcomer':
      return [
        `the token for ${role.id}: it was used, has expired, was revoked or replaced by a newer one, or is of another fleet`,
        askForToken(role.id),
      ];
    default:
      return [
        `the credentials of the ${role.kind}: they are of another fleet`,
        'give those in the folder of this fleet, which "rushhour fleet up" names: --credentials or --fleet',
      ];
  }
}

/** Whether an error of the library says that the server does not take the credentials. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError;
}

export interface ConnectOptions {
  /** Goes on trying where the server refuses the credentials of a connection that it had taken: they may be given again. */
  readonly isPatient: boolean;
  /** The only way out. */
  readonly proxy?: ProxyRoute | undefined;
}

/**
 * Connects once; what was connected once is never given up.
 * @throws RefusedError if a server does not take these credentials
 * @throws EnvironmentError if there is no server
 */
export async function connectFleet(
  { role, servers, seed, ca }: Omit<Credentials, 'schema' | 'role'> & { readonly role: Role },
  { isPatient, proxy }: ConnectOptions,
): Promise<Link> {
  const withinMs = role.kind === 'operator' ? OPERATOR_CONNECTS_WITHIN_MS : CONNECT_WITHIN_MS;
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
      connectWithinMs: withinMs,
      timeout: withinMs + LATER_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: 2,
      // A stack of each request, in case it fails, takes longer than the request.
      noAsyncTraces: true,
      reconnectTimeWait: RECONNECT_AFTER_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      reconnectJitterTLS: RECONNECT_JITTER_MS,
      // What was there once comes again: a run that is followed goes on meanwhile.
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: isPatient,
    };
    const connection = await NatsConnectionImpl.connect(options);
    return { connection, jetstream: jetstream(connection) };
  } catch (cause) {
    if (isRefusal(cause)) throw new RefusedError(role, cause);
    throw new EnvironmentError(`no connection to ${servers.join(', ')} (${(cause as Error).message})`, {
      hint: hintOf(cause),
      cause,
    });
  }
}

function hintOf(cause: unknown): string {
  if (isForeign(cause))
    return 'what listens there is no server of this fleet, such as the one that Debian’s package starts (sudo systemctl disable --now nats-server)';
  if (cause instanceof SilentError)
    return 'another program may listen there, or something on the way answers for it; is "rushhour fleet up" running there?';
  if (cause instanceof ProxyError)
    return 'the server was not reached: see that --server-proxy names the proxy, and that it lets this machine through to the server’s port';
  if (['ENOTFOUND', 'EAI_AGAIN'].includes(String(Object(cause).code)))
    return 'this machine cannot resolve the name: the credentials have that which "rushhour fleet up --name" was given; "getent hosts" and the name shows what the resolver says';
  return 'is "rushhour fleet up" running there?';
}

/** Whether a server answers that is another's: without TLS, or with a certificate that its authority did not sign. */
function isForeign(error: unknown): boolean {
  return /does not support 'tls'|certificate/i.test((error as Error).message);
}

/** Many probes share the servers of a cluster: each begins with another, and with any WebSocket last. */
function spread(servers: readonly string[]): string[] {
  const drawn = servers.map((url) => ({ url, place: Math.random() + (url.startsWith('wss:') ? 1 : 0) }));
  return drawn.sort((a, b) => a.place - b.place).map(({ url }) => url);
}
