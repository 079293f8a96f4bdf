import type { ExchangePool } from '../portable/exchange.ts';
import type { PageObject } from './page-object.ts';
import type { SiteTls } from './site-tls.ts';
import type { Sockets } from './sockets/types.ts';
import type { Answer, BrowserArm, BrowserHost } from './types.ts';

/**
 * What happened to a request whose connection ended. `stale`: nothing came back on a reused connection, or only a 408; `challenged`:
 * it was sent with credentials after a challenge, and nothing came back; `failed`: anything else.
 */
export type Lost = 'stale' | 'challenged' | 'failed';

/** Of a connection that ends. */
export interface Ending {
  readonly lost: Lost;
  /** Its far end refused it, or did not answer in time. */
  readonly isUnreached: boolean;
  /** Something else on this machine holds the source port that it was to have. */
  readonly lacksPort: boolean;
}

/** The owner of a connection. */
export interface ConnectionOwner<Connection> {
  /** It can carry requests. */
  ready(connection: Connection): void;
  /** The handshake is slow: another connection may be faster. */
  slow(connection: Connection): void;
  /** The far end has closed it while it was idle, or sent what nobody had asked for; it is still open on this side. */
  spoilt(connection: Connection): void;
  /** Whether the proxy that asks for credentials before it opens a tunnel gets them on this connection. */
  isToAnswer(connection: Connection): boolean;
  /** Credentials for this connection; undefined if none are available. */
  credentialsOf(connection: Connection): string | undefined;
  /** The owner sends another request, leaves it idle or ends it. */
  answered(connection: Connection, object: PageObject, answer: Answer): void;
  /**
   * One of many requests in progress on it will not be answered.
   * @param isRefused the far end has not begun with it
   */
  cut(connection: Connection, object: PageObject, isRefused: boolean): void;
  /**
   * It is closed and recorded.
   * @param object whose request was in progress
   * @param others whose requests were in progress as well, and what became of each
   */
  over(
    connection: Connection,
    object: PageObject | undefined,
    ending: Ending,
    others: readonly (readonly [PageObject, Lost])[],
  ): void;
}

/** What the connections of a population share. */
export interface Shared {
  readonly arm: BrowserArm;
  readonly host: BrowserHost;
  readonly tls: SiteTls | undefined;
  readonly sockets: Sockets;
  readonly responses: ExchangePool;
}

/** How a connection is opened. */
export interface Manner {
  /** Beside another, so that it needs no other beside itself. */
  readonly isBeside: boolean;
  /** Credentials go with the request for a tunnel. */
  readonly authorises: boolean;
}
