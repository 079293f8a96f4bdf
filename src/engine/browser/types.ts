import type { Clock } from '../../net/ticker.ts';
import type { SocketOptions } from '../../scenario/types.ts';
import type { Challenge } from '../http/challenge.ts';
import type { AttemptObserver, Endpoint, EngineAuth, EngineTls } from '../types.ts';
import type { PageCompiler } from './page.ts';
import type { BrowserProfile } from './profiles/profile.ts';

/** A complete response. */
export interface Answer {
  readonly status: number;
  /** What it asks for, if it has the status of the arm's challenges. */
  readonly challenge: Challenge | undefined;
  readonly sentAtUs: number;
  readonly completedAtUs: number;
}

/** A population of browsers as this engine sees it: resolved, compiled, in microseconds. */
export interface BrowserArm {
  readonly endpoints: readonly Endpoint[];
  /** How many endpoints a browser may begin with: the first ones. Others are for when these are not reached. */
  readonly firstEndpoints: number;
  /** Source addresses, by index; each browser uses one. Empty: the system chooses. */
  readonly sources: readonly string[];
  readonly socket: SocketOptions;
  readonly handshakeTimeoutUs: number;
  /** From a request to its complete response. */
  readonly responseTimeoutUs: number;
  /** A connection that was used is of no more use after being idle this long. */
  readonly idleUs: number;
  readonly profile: BrowserProfile;
  /** They lead to a proxy. */
  readonly isProxied: boolean;
  /** They serve requests for any host, instead of one host each. */
  readonly sharesProxy: boolean;
  /** Maximum number of open connections per browser and host. */
  readonly connections: number;
  /** Maximum number of open connections of the whole population. */
  readonly maxOpen: number;
  readonly auth?: EngineAuth;
  readonly page: PageCompiler;
  /** Over the tunnel, or over the connection if the page needs no tunnel. */
  readonly tls?: EngineTls;
  /** Whether the arm expects this status. */
  isExpected(status: number): boolean;
}

/**
 * Permission to open a connection: the number of its attempt, which then begins; `wait`: not now, ask again; `never`:
 * abandon it and count it as unsent.
 */
export type ConnectPermit = number | 'wait' | 'never';

/** What browsers need from their host, and what they report to it. Times are microseconds; -1 means failed. */
export interface BrowserHost extends AttemptObserver {
  readonly clock: Clock;
  /**
   * Requests permission to open a connection.
   * @param endpoint index of the endpoint that it leads to
   * @param sinceUs when permission was first requested
   * @param intendedAtUs when it should have been opened
   */
  permit(browser: number, endpoint: number, sinceUs: number, intendedAtUs: number): ConnectPermit;
  /**
   * Whether a browser should wait for credentials and then try again.
   * @param sinceUs when they were first missing
   */
  waits(browser: number, sinceUs: number): boolean;
  /** The source port of a connection that may be opened; 0: the system chooses. */
  portOf(attempt: number): number;
  /** Returns a number unique to each object. */
  nextNonce(): number;
  /** A challenge arrived, this long after its request. Rejected credentials are not reported. */
  challenged(tookUs: number): void;
  /**
   * A response with this status arrived, including a challenge or one that was abandoned after its head.
   * @param errorName the proxy's name for the error, see http/error-name.ts; empty if it names none, or
   *   asks for credentials that can still be sent
   */
  answered(status: number, errorName: string): void;
  /** An object is loaded, or never will be; measured from when the page needed it. */
  objectOver(tookUs: number): void;
  /**
   * A page has ended; measured from when it was due. tookUs is -1 if any of its objects failed.
   * @param isErrorPage its document could not be got, for a reason that may pass
   */
  pageOver(browser: number, tookUs: number, isErrorPage: boolean): void;
}
