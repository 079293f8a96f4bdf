import type { ClientProfile } from '../client/types.ts';
import type { LinkPath } from '../net/link/types.ts';
import type { Ticker } from '../net/ticker.ts';
import type { AttemptEnd } from '../outcome/classify.ts';
import type { ServerName } from '../scenario/host-names.ts';
import type { SocketOptions } from '../scenario/types.ts';
import type { AuthMode, CloseMode } from '../scenario/words.ts';
import type { ContentRule } from './http/content-rule.ts';
import type { EngineName } from './names.ts';

export type { LinkPath };

/**
 * One address that an arm connects to: a name may resolve to several, which are used in turn and reported separately.
 */
export interface Endpoint {
  /** Literal IPv4 or IPv6 address without brackets; a link-local one with its zone, `fe80::1%eth0`. */
  readonly address: string;
  /** 1-65535. */
  readonly port: number;
  readonly family: 4 | 6;
  /** Name or address that it was resolved from, if an arm connects to several. */
  readonly host?: string;
}

/** What an arm sends, and the position of its nonce. */
export interface CompiledRequest {
  readonly bytes: Uint8Array;
  /** Offsets in `bytes` of the fixed-width decimal fields that receive the attempt's number. */
  readonly nonceOffsets: readonly number[];
  /** Width of each such field in digits; the number is zero-padded. */
  readonly nonceWidth: number;
  /** HEAD: the response has no body regardless of its headers (RFC 9112 section 6.3). */
  readonly responseHasNoBody: boolean;
  /**
   * Offset in `bytes` at which the value of the credentials field is inserted; absent if the request carries none.
   */
  readonly credentialsAt?: number;
}

/** How an arm responds to challenges. */
export interface EngineAuth {
  readonly mode: AuthMode;
  /** The challenge's status: 407 from a proxy, 401 from an origin (RFC 9110 section 11). */
  readonly status: 401 | 407;
  /** As it appears in Proxy-Authenticate or WWW-Authenticate; compared case-insensitively. */
  readonly scheme: 'Basic' | 'Negotiate';
  /**
   * Field value for an attempt, such as `Negotiate YII...`, to be sent at once: each value returned is sent, once.
   * Undefined if none is available.
   */
  credentials(attempt: number): string | undefined;
  /** The request with credentials; has `credentialsAt`. In a tunnel whose proxy asks: the CONNECT. */
  readonly request: CompiledRequest;
}

/** TLS over the connection, or over the tunnel. Portable engine only. */
export interface EngineTls {
  /** SNI and the name to verify. */
  readonly serverName: ServerName;
  /** PEM certificates to trust; if absent, those built into Node. */
  readonly ca?: string;
  readonly insecure: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly resumption: boolean;
  /** Application protocols to offer (RFC 7301), preferred first; absent: none. */
  readonly protocols?: readonly string[];
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
  /** From establishment to the complete response, and again to the far end's FIN if `close` is `peer`. */
  readonly responseTimeoutUs: number;
  /**
   * How long the connection stays open after its response is complete (or after establishment, without a request).
   */
  readonly holdUs: number;
  /**
   * Held until {@link Engine.release} is called, whatever `holdUs`; those that are then proved stay open until {@link
   * Engine.closeKept}. Absent: each connection is proved, and closed, at an age of its own.
   */
  readonly holdsTogether?: true;
  /**
   * Ages, ascending and below `holdUs`, at which connections are proved to be alive and closed; they and `holdUs`
   * rotate.
   */
  readonly proveUs?: readonly number[];
  readonly socket: SocketOptions;
  readonly auth?: EngineAuth;
  /** What the response must contain; not checked if absent. */
  readonly content?: ContentRule;
  /** CONNECT, sent before anything else and without credentials; portable engine only. */
  readonly tunnel?: CompiledRequest;
  readonly tls?: EngineTls;
  /** How packets look and where they go; packet engine only, which needs it. */
  readonly packets?: EnginePackets;
}

/** What the packet engine needs of an arm besides: the kernel decides it for the others. */
export interface EnginePackets {
  readonly client: ClientProfile;
  /** Link of each endpoint, by its index. */
  readonly links: readonly LinkPath[];
  /**
   * Source ports to choose from where the caller leaves the choice to the engine (`sourcePort` 0): ascending, without
   * overlap. A shard uses those whose distance from the start of their range leaves its index when divided by the
   * number of shards, as plan/ports does.
   */
  readonly ports: readonly { readonly from: number; readonly to: number }[];
}

/**
 * What one attempt did. Engines reuse one record for all attempts: copy what must outlive the callback. Times are
 * microseconds on the engine's clock; -1: did not happen.
 */
export interface AttemptRecord extends AttemptEnd {
  arm: number;
  /** Number of the attempt within its arm, across all shards. */
  attempt: number;
  /** Index into the arm's endpoints. */
  endpoint: number;
  /** Index into the arm's sources; -1: the system chose. */
  source: number;
  /** Local port: the one bound, or the one the system chose if the engine knows it; 0 if not known. */
  sourcePort: number;
  intendedAtUs: number;
  startedAtUs: number;
  establishedAtUs: number;
  /** When the challenge (407, 401) was complete. */
  challengedAtUs: number;
  /** Status of the challenge, once credentials have been sent on the same connection; 0 if there was none. */
  challengeStatus: number;
  /**
   * If cause is `not-offered`, the schemes that were offered: `Digest, NTLM`; otherwise, or if none was named, empty.
   */
  schemesOffered: string;
  /**
   * The proxy's name for the error of the last response, see http/error-name.ts; otherwise empty. Browsers report
   * each response separately.
   */
  errorName: string;
  /** What answered the SYN of an attempt that was refused, see outcome/refusal.ts; otherwise empty. */
  refusedBy: string;
  /** Status of the response to CONNECT that opened the tunnel; 0 if none is open. */
  tunnelStatus: number;
  /** When the response that opened the tunnel was complete. */
  tunnelledAtUs: number;
  /** When the TLS handshake was complete. */
  securedAtUs: number;
  /**
   * Of a browser's connection: how long it had been ready, until its final response, with nothing asked on it, microseconds.
   * Opened ahead, it may wait for a later page.
   */
  unaskedUs: number;
  /** First byte of the final response, which is neither a challenge nor the response to CONNECT. */
  firstByteAtUs: number;
  /** When the response was complete; -1 without a response. */
  respondedAtUs: number;
  /** When keep-alives first checked whether a held connection was alive. */
  provedAtUs: number;
  /**
   * How long it had been idle by then, microseconds: its assigned one of the arm's ages, or rounded if it was
   * released early.
   */
  proofAgeUs: number;
  endedAtUs: number;
  /** SYN retransmissions by TCP_INFO's tcpi_total_retrans; -1 if the system cannot tell. */
  synRetransmits: number;
  /**
   * Segments retransmitted after the handshake, until the response was complete or the attempt had failed:
   * tcpi_total_retrans without those of the SYN. 0 without reading it if there cannot have been any, see resent.ts;
   * -1 if nothing was sent, or not known (in the portable engine also if the connection had ended before it could
   * read the value).
   */
  requestRetransmits: number;
  /** tcpi_rtt right after establishment; -1 if the system cannot tell. */
  rttUs: number;
  /**
   * tcpi_min_rtt once a reply to sent data has arrived, which only the path itself can have delayed; -1 if none had,
   * if it came too soon to be read (see resent.ts), or if it is not known.
   */
  minRttUs: number;
  /** tcpi_snd_mss right after establishment; -1 if the system cannot tell. */
  mss: number;
  /** tcpi_options bits (1 timestamps, 2 SACK, 4 window scale, 8 ECN); -1 if the system cannot tell. */
  tcpOptions: number;
  /** Response bytes read, headers included. */
  bytes: number;
}

export interface AttemptObserver {
  /** The handshake is complete. Called at most once per attempt, before `settled`. */
  established(record: Readonly<AttemptRecord>): void;
  /** The attempt has ended and its descriptor is closed, unless it is kept. Called exactly once for every `start`. */
  settled(record: Readonly<AttemptRecord>): void;
}

/** When an attempt is due to start, by the engine's clock. */
export interface DueTime {
  readonly intendedAtUs: number;
}

/** Opens connections and follows each to its end. Not thread-safe; one per worker. */
export interface Engine {
  readonly name: EngineName;
  /** Whether `synRetransmits` is known on this system. */
  readonly readsTcpInfo: boolean;
  /** True: everything happens in `poll`. False: Node's event loop drives the engine, and `poll` returns at once. */
  readonly polls: boolean;
  /** Attempts started and not yet settled. */
  readonly open: number;
  /** Connections of settled attempts that are not closed yet; absent: others than the engine see to them. */
  readonly closing?: number;
  /**
   * Starts one attempt. A local refusal (no descriptor, no port) settles it with `phase: 'start'` and the errno:
   * before `start` returns if the engine polls, otherwise as soon as Node reports it.
   * @param due read before `start` returns, so that one object serves all attempts: passed directly, a number that is
   *   not a
   *   small integer would allocate heap each time
   * @param source index into the arm's sources, -1 for none
   * @param sourcePort port to bind, 0 to let the system choose
   * @param isContinued continues the request of a connection that the far end closed after its challenge: credentials
   *   are sent at once
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
   * Handles ready events and timeouts; waits at most `maxWaitUs` for one. Engines driven by Node's event loop return
   * at once.
   */
  poll(maxWaitUs: number): void;
  /** Has `poll` end its wait as well once this descriptor can be read; absent: it never waits. */
  watchBesides?(fd: number): void;
  /**
   * Ends holds as if their time were up, so that a drain need not wait for them: each is proved to be alive and
   * settles, as done if it is, within five seconds (holding.ts).
   * @param isHurried they settle as done at once, and nothing is proved
   * @param arm of this arm alone; default: of all
   */
  release(isHurried?: boolean, arm?: number): void;
  /** Begins to close the connections that arms with `holdsTogether` have kept after they were proved. */
  closeKept?(): void;
  /** Ends everything still open at once; each is settled with cause `stopped`. */
  abort(): void;
  /** Packets that this machine itself lost since the last call; absent if the engine cannot lose any unnoticed. */
  takeDrops?(): EngineDrops;
  /** Frees the engine's own resources. Every attempt must be settled. */
  close(): void;
}

/** Packets lost on this machine; absent: none. */
export interface EngineDrops {
  /** Came while the ring was full. */
  readonly ringDrops?: number;
  /** Were not taken by the network device. */
  readonly sendDrops?: number;
}

export interface EngineOptions {
  readonly arms: readonly EngineArm[];
  readonly observer: AttemptObserver;
  readonly clock: Ticker;
  /** Maximum number of open attempts; sizes the connection table. */
  readonly maxOpen: number;
  /** Which share of the source ports is this engine's; default: all of them. Packet engine only. */
  readonly shard?: { readonly index: number; readonly count: number };
}

export type CreateEngine = (options: EngineOptions) => Engine;
