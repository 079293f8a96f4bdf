import type { Ticker } from '../net/ticker.ts';
import type { AttemptEnd } from '../outcome/classify.ts';
import type { ServerName } from '../scenario/host-names.ts';
import type { SocketOptions } from '../scenario/types.ts';
import type { AuthMode, CloseMode } from '../scenario/words.ts';
import type { ContentRule } from './http/content-rule.ts';
import type { EngineName } from './names.ts';

/** One address that an arm connects to: a name may resolve to several, which are used in turn and reported apart. */
export interface Endpoint {
  /** Literal IPv4 or IPv6 address, no brackets; a link-local one with its zone, `fe80::1%eth0`. */
  readonly address: string;
  /** 1-65535. */
  readonly port: number;
  readonly family: 4 | 6;
  /** Name or address that it was found by, where an arm connects to several. */
  readonly host?: string;
}

/** What an arm sends, with the place of its nonce. */
export interface CompiledRequest {
  readonly bytes: Uint8Array;
  /** Offsets in `bytes` of fixed-width decimal fields that take the attempt's number. */
  readonly nonceOffsets: readonly number[];
  /** Width of each such field in digits; the number is zero-padded. */
  readonly nonceWidth: number;
  /** HEAD: the response has no body whatever its headers say (RFC 9112 section 6.3). */
  readonly responseHasNoBody: boolean;
  /** Offset in `bytes` at which the value of the credentials' field is inserted; absent: the request carries none. */
  readonly credentialsAt?: number;
}

/** How an arm answers who asks for credentials. */
export interface EngineAuth {
  readonly mode: AuthMode;
  /** The status that asks: 407 a proxy, 401 an origin (RFC 9110 section 11). */
  readonly status: 401 | 407;
  /** As it stands in Proxy-Authenticate or WWW-Authenticate; compared without regard to case. */
  readonly scheme: 'Basic' | 'Negotiate';
  /**
   * Field value for an attempt, such as `Negotiate YII...`, about to be sent: each value that is asked for is sent, once.
   * Undefined: none is at hand.
   */
  credentials(attempt: number): string | undefined;
  /** What is sent with credentials; has `credentialsAt`. In a tunnel to a proxy that asks: the CONNECT. */
  readonly request: CompiledRequest;
}

/** TLS over the connection, or over the tunnel. Portable engine only. */
export interface EngineTls {
  /** SNI and the name to verify. */
  readonly serverName: ServerName;
  /** PEM certificates to trust; absent: those that Node was built with. */
  readonly ca?: string;
  readonly insecure: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly resumption: boolean;
}

/** An arm as an engine sees it: resolved, compiled, in microseconds. */
export interface EngineArm {
  readonly endpoints: readonly Endpoint[];
  /** Source addresses to bind, by index; empty: the system chooses. */
  readonly sources: readonly string[];
  /** Absent: bare TCP. Nothing is sent; the attempt is done once established (and held, if `holdUs` > 0). */
  readonly request?: CompiledRequest;
  readonly close: CloseMode;
  readonly handshakeTimeoutUs: number;
  /** From established to the complete response, and again to the far end's FIN where `close` is `peer`. */
  readonly responseTimeoutUs: number;
  /** How long the connection is kept open once its response is complete (or once established, without a request). */
  readonly holdUs: number;
  /** Ages, ascending and below `holdUs`, at which connections are proved to live and closed; they and `holdUs` take turns. */
  readonly proveUs?: readonly number[];
  readonly socket: SocketOptions;
  readonly auth?: EngineAuth;
  /** What the response must hold; absent: nobody looks into it. */
  readonly content?: ContentRule;
  /** CONNECT, sent before anything else and without credentials; portable engine only. */
  readonly tunnel?: CompiledRequest;
  readonly tls?: EngineTls;
}

/**
 * What one attempt did. Engines reuse one record for all attempts: copy what must outlive the callback.
 * Times are microseconds on the clock that the engine was given; -1: did not happen.
 */
export interface AttemptRecord extends AttemptEnd {
  arm: number;
  /** Number of the attempt within its arm, over all shards. */
  attempt: number;
  /** Index into the arm's endpoints. */
  endpoint: number;
  /** Index into the arm's sources; -1: the system chose. */
  source: number;
  /** Local port: the one bound, or the one the system chose where the engine knows it; 0: not known. */
  sourcePort: number;
  intendedAtUs: number;
  startedAtUs: number;
  establishedAtUs: number;
  /** When the answer that asks for credentials (407, 401) was complete. */
  challengedAtUs: number;
  /** Status of the answer that asked for credentials, once they have gone out on the same connection; 0: none did. */
  challengeStatus: number;
  /** Where cause is `not-offered`, the schemes that were: `Digest, NTLM`; else, and where none was named, empty. */
  schemesOffered: string;
  /** What a proxy calls the error of the last answer, see http/error-name.ts; else empty. Of browsers each answer is told by itself. */
  errorName: string;
  /** What answered the SYN of an attempt that was refused, see outcome/refusal.ts; else empty. */
  refusedBy: string;
  /** Status of the answer to CONNECT that opened the tunnel; 0: none is open. */
  tunnelStatus: number;
  /** When the proxy's answer that opens the tunnel was complete. */
  tunnelledAtUs: number;
  /** When the TLS handshake was complete. */
  securedAtUs: number;
  /** First byte of the final response: neither of a challenge nor of the answer to CONNECT. */
  firstByteAtUs: number;
  /** When the response was complete; -1 without a response. */
  respondedAtUs: number;
  /** When a held connection was first asked, by keep-alives, whether it lives. */
  provedAtUs: number;
  /** How long it had been left alone by then, microseconds: its own age of those of the arm, or rounded where it was released. */
  proofAgeUs: number;
  endedAtUs: number;
  /** SYN retransmissions by TCP_INFO's tcpi_total_retrans; -1 where the system cannot tell. */
  synRetransmits: number;
  /**
   * Segments sent again after the handshake, until the response was complete or the attempt had failed: tcpi_total_retrans
   * without those of the SYN. 0 without a look where none can have been, see resent.ts; -1: nothing was sent, or not known (by
   * the portable engine also where the connection had ended before it could look).
   */
  requestRetransmits: number;
  /** tcpi_rtt right after establishment; -1 where the system cannot tell. */
  rttUs: number;
  /**
   * tcpi_min_rtt once something had come back for what was sent, which only the path itself can have kept waiting; -1: nothing
   * had, it came too soon to be asked for (see resent.ts), or it is not known.
   */
  minRttUs: number;
  /** tcpi_snd_mss right after establishment; -1 where the system cannot tell. */
  mss: number;
  /** tcpi_options bits (1 timestamps, 2 SACK, 4 window scale, 8 ECN); -1 where the system cannot tell. */
  tcpOptions: number;
  /** Response bytes read, headers included. */
  bytes: number;
}

export interface AttemptObserver {
  /** The handshake is complete. Called at most once an attempt, before `settled`. */
  established(record: Readonly<AttemptRecord>): void;
  /** The attempt is over and its descriptor closed. Called exactly once for every `start`. */
  settled(record: Readonly<AttemptRecord>): void;
}

/** When an attempt is to start, by the engine's clock. */
export interface DueTime {
  readonly intendedAtUs: number;
}

/** Opens connections and follows each to its end. Not thread-safe; one a worker. */
export interface Engine {
  readonly name: EngineName;
  /** Whether `synRetransmits` is known on this system. */
  readonly readsTcpInfo: boolean;
  /** True: nothing happens but in `poll`. False: Node's own loop drives the engine, and `poll` returns at once. */
  readonly polls: boolean;
  /** Attempts started and not yet settled. */
  readonly open: number;
  /**
   * Starts one attempt. A local refusal (no descriptor, no port) settles it with `phase: 'start'` and the errno:
   * before `start` returns where the engine polls, else as soon as Node tells.
   * @param due read before `start` returns, so that one object serves all attempts: by itself, a number that is no small
   *   integer would take heap for each
   * @param source index into the arm's sources, -1 for none
   * @param sourcePort port to bind, 0 to let the system choose
   * @param isContinued carries on the request of a connection that the far end closed after its challenge: credentials
   *   go at once
   */
  start(
    arm: number,
    attempt: number,
    due: Readonly<DueTime>,
    source: number,
    sourcePort: number,
    isContinued?: boolean,
  ): void;
  /**
   * Handles what has become ready and what has timed out; waits at most `maxWaitUs` for something to.
   * Engines driven by Node's own loop return at once.
   */
  poll(maxWaitUs: number): void;
  /**
   * Ends holds as if their time were up, so that a drain need not outlast them: each is proved to live and settles, as done
   * where it does, within five seconds (holding.ts).
   * @param isHurried they settle as done at once, and nothing is proved
   */
  release(isHurried?: boolean): void;
  /** Ends everything still open at once; each is settled with cause `stopped`. */
  abort(): void;
  /** Frees the engine's own resources. Everything must be settled. */
  close(): void;
}

export interface EngineOptions {
  readonly arms: readonly EngineArm[];
  readonly observer: AttemptObserver;
  readonly clock: Ticker;
  /** Most attempts open at once; sizes the connection table. */
  readonly maxOpen: number;
}

export type CreateEngine = (options: EngineOptions) => Engine;
