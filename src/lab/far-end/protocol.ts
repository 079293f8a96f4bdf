import type { HostPort } from '../../scenario/types.ts';

/** How the far end behaves. */
export interface FarEndOptions {
  /** Where the proxy listens; port 0 lets the system choose. The origin takes a port of its own on the same host. */
  readonly listen: HostPort;
  /**
   * False: the far side closes first, after every response (RFC 9112 section 9.6). True: it keeps a connection open
   * for as long as the near side wants.
   */
  readonly keepAlive: boolean;
  /** Body length of a response, in bytes. */
  readonly responseBytes: number;
  /** From a request's end to its response, in milliseconds. */
  readonly delayMs: number;
}

export const FAR_END_DEFAULTS: FarEndOptions = {
  listen: { host: '127.0.0.1', port: 0 },
  keepAlive: false,
  responseBytes: 1_024,
  delayMs: 0,
};

/** What has reached the far end since it started. */
export interface FarEndCounts {
  readonly proxyConnections: number;
  /** Requests that came through the proxy and were the origin's to answer. */
  readonly proxyRequests: number;
  /** Requests that the proxy turned away: not in absolute form, or not for its origin. */
  readonly refusedRequests: number;
  readonly originConnections: number;
  /** Requests that came to the origin without the proxy. */
  readonly originRequests: number;
}

/** What the process prints, one JSON object a line: first where it listens, then counts whenever asked. */
export type FarEndMessage =
  | { readonly kind: 'listening'; readonly proxy: HostPort; readonly origin: HostPort }
  | { readonly kind: 'counts'; readonly counts: FarEndCounts };
