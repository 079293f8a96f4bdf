import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { EnvironmentError } from '../../errors.ts';
import type { EngineTls } from '../types.ts';

/** One arm's TLS settings, and the session that its connections may resume. */
export class TlsLayer {
  readonly #tls: EngineTls;
  /** May serve other layers with the same certificates to trust. */
  readonly context: SecureContext;
  #session: Buffer | undefined;

  /** @throws EnvironmentError if the certificates to trust cannot be read */
  constructor(tls: EngineTls, context = createContext(tls)) {
    this.#tls = tls;
    this.context = context;
  }

  /** Starts TLS over a connected socket. The certificate is not verified here: {@link distrust} does that. */
  begin(socket: Socket): TLSSocket {
    const { serverName, protocols } = this.#tls;
    const secured = connect({
      socket,
      // An address is not a valid server name (RFC 6066 section 3), but the certificate must still be valid for it.
      ...(isIP(serverName) === 0 ? { servername: serverName } : { host: serverName, servername: '' }),
      secureContext: this.context,
      rejectUnauthorized: false,
      ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
      ...(this.#session === undefined ? {} : { session: this.#session }),
    });
    if (this.#tls.resumption) secured.on('session', (session) => this.#keep(session, secured));
    return secured;
  }

  /**
   * Node does not check the name when a session is resumed: a certificate with the wrong name would be trusted from
   * then on.
   */
  #keep(session: Buffer, secured: TLSSocket): void {
    if (this.distrust(secured) === undefined) this.#session = session;
  }

  /** Why a connection's certificate is not trusted, as a Node or OpenSSL code; undefined if it is trusted. */
  distrust(secured: TLSSocket): string | undefined {
    if (this.#tls.insecure || secured.authorized) return undefined;
    // Node's types say Error, but it is the code: https://nodejs.org/api/tls.html, tlsSocket.authorizationError.
    return String(secured.authorizationError);
  }
}

function createContext({ minVersion, ca }: EngineTls): SecureContext {
  try {
    return createSecureContext({ minVersion, ...(ca === undefined ? {} : { ca }) });
  } catch (cause) {
    throw new EnvironmentError(`The certificates to trust cannot be read: ${String(cause)}.`, {
      hint: 'tls.ca names a file of PEM certificates: -----BEGIN CERTIFICATE-----',
      cause,
    });
  }
}

/**
 * The code of an OpenSSL error that Node reports during or after a handshake; undefined if it is an error of the
 * connection.
 */
export function tlsCodeOf(error: NodeJS.ErrnoException): string | undefined {
  const { code = '', message } = error;
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return code;
  // Errors on write carry only OpenSSL's text: "write EPROTO ...:SSL routines::tlsv1 alert unknown ca:...".
  const reason = /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  return reason === undefined ? undefined : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
}
