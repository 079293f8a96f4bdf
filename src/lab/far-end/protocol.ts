import type { HostPort } from '../../scenario/types.ts';

/** Ports of a far end; 0 lets the system choose. */
export interface FarEndPorts {
  readonly proxy: number;
  readonly origin: number;
}

/** How the far end behaves. */
export interface FarEndOptions {
  /** Where the proxy listens; port 0 lets the system choose. The origin takes a port of its own on the same host. */
  readonly listen: HostPort;
  /** 0 lets the system choose. */
  readonly originPort: number;
  /**
   * False: the far side closes first, after every response (RFC 9112 section 9.6). True: it keeps a connection open
   * for as long as the near side wants.
   */
  readonly keepAlive: boolean;
  /** Body length of a response, in bytes. */
  readonly responseBytes: number;
  /** From a request's end to its response, in milliseconds. */
  readonly delayMs: number;
  /** The proxy asks for Basic credentials (407) and accepts any with a user and a password. */
  readonly asksForBasic: boolean;
  /** It closes the connection after its 407, as some proxies do: the client must open another. */
  readonly closesAfterChallenge: boolean;
  /** It ends after each so many milliseconds, as by kill, and is away for so many. */
  readonly restart?: { readonly everyMs: number; readonly awayMs: number };
  /** The origin listens for TLS as well, on a port of its own and with a certificate made for this run. */
  readonly tls: boolean;
  /**
   * Another far end of the same kind, on the same host and in the same process, so that there is a second destination:
   * it costs no more to start than one.
   */
  readonly second?: FarEndPorts;
}

export const FAR_END_DEFAULTS: FarEndOptions = {
  listen: { host: '127.0.0.1', port: 0 },
  originPort: 0,
  keepAlive: false,
  responseBytes: 1_024,
  delayMs: 0,
  asksForBasic: false,
  closesAfterChallenge: false,
  tls: false,
};

/** What has reached the far end since it started, including the second one. */
export interface FarEndCounts {
  readonly proxyConnections: number;
  /** Requests that the proxy passed to the origin. */
  readonly proxyRequests: number;
  /** Requests that the proxy rejected: not in absolute form, or not for its origin. */
  readonly refusedRequests: number;
  /** Requests, including CONNECT, answered with 407. */
  readonly challenges: number;
  /** Tunnels that CONNECT has opened. */
  readonly tunnels: number;
  readonly originConnections: number;
  /** Requests that reached the origin directly. */
  readonly originRequests: number;
}

/** Port on which the origin speaks TLS, and the certificate to trust, PEM. */
export interface TlsOrigin extends HostPort {
  readonly certificate: string;
}

/** What the process prints, one JSON object per line: first where it listens, then counts whenever asked. */
export type FarEndMessage =
  | {
      readonly kind: 'listening';
      readonly proxy: HostPort;
      readonly origin: HostPort;
      readonly tlsOrigin?: TlsOrigin;
      readonly second?: { readonly proxy: HostPort; readonly origin: HostPort };
    }
  | { readonly kind: 'counts'; readonly counts: FarEndCounts };
