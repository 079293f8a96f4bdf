import type { Clock } from '../../net/ticker.ts';
import type { SocketOptions } from '../../scenario/types.ts';
import type { AttemptObserver, Endpoint, EngineAuth } from '../types.ts';
import type { Exchange } from './exchange.ts';
import type { PageCompiler } from './page.ts';

/** A complete response. */
export interface Answer {
  readonly status: number;
  readonly headers: Exchange['headers'];
  readonly sentAtUs: number;
  readonly completedAtUs: number;
  /** More can be asked on the same connection. */
  readonly persists: boolean;
}

/** A population of browsers as this engine sees it: resolved, compiled, in microseconds. */
export interface BrowserArm {
  readonly endpoints: readonly Endpoint[];
  /** Source addresses, by index; a browser keeps to one. Empty: the system chooses. */
  readonly sources: readonly string[];
  readonly socket: SocketOptions;
  readonly handshakeTimeoutUs: number;
  /** From a request to its complete response. */
  readonly responseTimeoutUs: number;
  /** A connection is closed once idle so long. */
  readonly idleUs: number;
  /** Most connections that one browser has open. */
  readonly connections: number;
  readonly auth?: EngineAuth;
  readonly page: PageCompiler;
  /** Whether a response is what the arm wants to see. */
  isExpected(status: number): boolean;
}

/**
 * Leave to open a connection: the number of its attempt, which is then begun; `wait`: not now, ask again;
 * `never`: it is given up and counted as unsent.
 */
export type Leave = number | 'wait' | 'never';

/** What browsers need of who runs them, and what they tell. Times are microseconds; -1: it failed. */
export interface BrowserHost extends AttemptObserver {
  readonly clock: Clock;
  /**
   * Asks for leave to open a connection.
   * @param sinceUs when leave was asked for first
   * @param intendedAtUs when it should have been opened
   */
  leave(browser: number, sinceUs: number, intendedAtUs: number): Leave;
  /** Whether a browser is to wait for credentials, and then to try again. @param sinceUs when there were none first */
  waits(browser: number, sinceUs: number): boolean;
  /** A number for each object, no two alike. */
  nextNonce(): number;
  /** An answer that asks for credentials came, so long after its request. A refusal of credentials is not told. */
  challenged(tookUs: number): void;
  /**
   * An answer of this status came, be it one that asks for credentials, or one that was cut short after its head.
   * @param errorName what a proxy calls the error that it answers with, see http/error-name.ts; empty: it names none, or asks
   *   for credentials that can still be given
   */
  answered(status: number, errorName: string): void;
  /** An object is loaded, or never will be; from when the page wanted it. */
  objectOver(tookUs: number): void;
  /** A page is over; from when it was due. It took -1 where any of its objects failed. */
  pageOver(browser: number, tookUs: number): void;
}
