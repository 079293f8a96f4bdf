/** What a kind of browser does with its connections, apart from what a scenario sets. */
export interface BrowserProfile {
  /** Connections to a plain HTTP proxy serve requests for any host, instead of one host each. */
  readonly sharesProxy: boolean;
  /** Most connections for one host, where they are not shared. */
  readonly mostToHost: number;
  /** Most connections of one browser. */
  readonly mostInAll: number;
  /** Requests of low priority in progress at once, whatever their hosts, until a page is laid out. */
  readonly mostBeforeLayout: number;
  /** From the arrival of a document to its layout. */
  readonly layoutAfterUs: number;
  /** A document on a host to which there is no connection yet is asked for so long after the first is opened. */
  readonly opensAheadUs: number;
  /** As it is asked for, there are so many connections to the host, at least. */
  readonly forDocument: number;
  /** When another connection is opened beside a slow handshake. */
  readonly backupAfterUs: number;
  /** Whether only once, beside the first connections to a host; otherwise beside each slow handshake. */
  readonly backsUpFirstOnly: boolean;
  /** A handshake with a proxy is given up after this long. */
  readonly proxyTimeoutUs: number;
  /** A proxy that could not be reached is tried again after this long, if there are others. */
  readonly proxyRetryUs: number;
  /** After an error page in place of a document, it asks for that again by itself after so long, then so long, the last from then on. */
  readonly reloadsAfterUs: readonly number[];
  /** An unused connection is of no more use after this long. */
  readonly unusedIdleUs: number;
  /** Connections that have been idle for too long are closed only when another is asked for, not on time. */
  readonly closesWhenAsked: boolean;
  /** Whether a 408 on a connection that was used before makes it send the request again. */
  readonly resendsAfter408: boolean;
}
