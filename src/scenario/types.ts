import type * as z from 'zod';
import type { ClientName } from '../client/registry.ts';
import type { ClientKnobs } from '../client/types.ts';
import type { Expectation } from '../outcome/expectation.ts';
import type { Load } from './load-types.ts';
import type { socket } from './socket-schema.ts';
import type { PortRange } from './units.ts';
import type {
  AddressUse,
  AskedFinding,
  AuthMode,
  AuthScheme,
  CaptureMode,
  CloseMode,
  HttpVersion,
  PortOrder,
  Switch,
  TlsVersion,
  Via,
} from './words.ts';

/** A scenario as loaded, checked, overridden and frozen: what a run executes and run.json records. */
export interface Scenario {
  readonly schema: 1;
  /** File name without its extension. */
  readonly name: string;
  readonly description: string;
  /** `embedded`: the run starts its own far end on loopback and points every arm at it. */
  readonly farEnd: 'embedded' | 'none';
  /** At least one; names are unique and fit a histogram tag (letters, digits, `-`, `_`). */
  readonly arms: readonly Arm[];
  readonly pass: readonly Criterion[];
  /** Findings to look for after the run. */
  readonly findings: readonly AskedFinding[];
  /** Ports that the NAT on the path has for one destination, as its operator knows; absent: not known. */
  readonly natPorts?: number;
  /** Set net.ipv4.tcp_timestamps for the run and restore it afterwards; absent: leave it unchanged. */
  readonly tcpTimestamps?: Switch;
  /** Begin with a small share of the load, to see whether proxy and target can take it; absent: begin at once. */
  readonly look?: LookSpec;
  /** What is in each request, for captures; absent: nothing. */
  readonly marker?: string;
  /** `off`: no ping beside the load; absent: one a second to each endpoint. */
  readonly ping?: Switch;
  /** Commands that ask the firewall; absent: none. */
  readonly firewall?: FirewallSpec;
  /** Whether packets are captured beside the load; absent: auto. */
  readonly capture?: CaptureMode;
  /** Its arms are chosen while it runs, from what was seen so far; absent: they are those above. */
  readonly adaptive?: AdaptiveSpec;
}

/** How a run chooses its arms. The only arm of the scenario gives their rate in all, and the time for all of them. */
export interface AdaptiveSpec {
  /** Another port of the same host that answers; absent: none is known. */
  readonly otherPort?: number;
  /** Ports of the same host on which nothing listens. */
  readonly closedPorts: readonly number[];
  /** Run every arm there is, whatever was seen. */
  readonly isExhaustive: boolean;
}

/** Commands that sh runs on this machine, whose output is kept with the run; at least one. */
export interface FirewallSpec {
  /** Before the load. */
  readonly before?: string;
  /** After the load; absent: `before` once more. */
  readonly after?: string;
  /** During the load, every `everyUs`. */
  readonly run?: string;
  /** Present where `run` is. */
  readonly everyUs?: number;
  /** How long each may take. */
  readonly timeoutUs: number;
}

/** How much load the check before the load sends. */
export interface LookSpec {
  /** Rate of the arm with the highest rate; the others in proportion. */
  readonly ratePerSec: number;
  readonly forUs: number;
}

export interface HostPort {
  /** Name or address, no brackets. */
  readonly host: string;
  /** 1-65535. */
  readonly port: number;
}

/** A script that names proxies (PAC: proxy.pac, wpad.dat). */
export interface PacSource {
  /** Path or URL. */
  readonly source: string;
  /** Use all proxies of an answer in turn, not only the first. */
  readonly spread: boolean;
  /** Use all as browsers do: the first, and each of the others where those before it are not reached. */
  readonly inOrder?: true;
}

/** One kind of traffic. Arms run concurrently. */
export interface Arm {
  readonly name: string;
  readonly via: Via;
  /** Present where `via` is `proxy` or `tunnel`. */
  readonly proxy?: HostPort;
  /** Proxies that attempts use in turn with `proxy` (or with the target, if the arm only connects to a proxy). */
  readonly beside?: readonly HostPort[];
  /** `beside` is used as browsers use a PAC script's list: only where `proxy` is not reached, in this order. */
  readonly besideInOrder?: true;
  /** The script that names the proxy; removed once it has been evaluated, before any load. */
  readonly pac?: PacSource;
  readonly target: Target;
  /** Family of addresses to connect to if the peer's name has any of it; absent: both. */
  readonly prefer?: 4 | 6;
  /** Absent: `spread`. */
  readonly addresses?: AddressUse;
  readonly request: RequestSpec;
  readonly expect: Expectation;
  readonly load: Load;
  readonly handshakeTimeoutUs: number;
  readonly responseTimeoutUs: number;
  readonly stallAfterUs: number;
  readonly close: CloseMode;
  /** How long a connection stays open after its exchange. */
  readonly holdUs: number;
  /**
   * All are held until `holdUs` after the run began, when the load is over and its last handshake decided; they are then checked at
   * once, and none is closed before all have been. Absent: each has an age of its own.
   */
  readonly holdsTogether?: true;
  /**
   * Ages, ascending and below `holdUs`, at which some connections are checked and closed; absent: all at the end of the
   * hold.
   */
  readonly proveUs?: readonly number[];
  readonly socket: SocketSpec;
  /** Explicit source addresses and ports; absent: only `socket.bind`, with ports chosen by the system. */
  readonly source?: SourceSpec;
  /** Absent: no credentials. */
  readonly auth?: AuthSpec;
  /** Present if the target's scheme is `https`. */
  readonly tls?: TlsSpec;
  /** The scenario's marker, if the arm sends requests. */
  readonly marker?: string;
  /** The client to imitate; packet engine only. Absent: the default client. */
  readonly client?: ClientSpec;
}

/** A client that is imitated. */
export interface ClientSpec {
  readonly profile: ClientName;
  /** What differs from the profile; empty: nothing. */
  readonly knobs: ClientKnobs;
}

/** Who asks for credentials, and how to answer. Holds references to secrets, never a secret. */
export interface AuthSpec {
  /** `proxy`: 407 and Proxy-Authorization; `origin`: 401 and Authorization (RFC 9110 section 11). */
  readonly to: 'proxy' | 'origin';
  readonly scheme: AuthScheme;
  readonly mode: AuthMode;
  readonly credentials: CredentialSource;
  /**
   * Negotiate: host-based service name, such as `HTTP@proxy.example`; absent: HTTP@ and the host that sends the
   * challenge.
   */
  readonly service?: string;
}

/** Where credentials come from. Several users take turns, by attempt number (by browser, for browsers). */
export type CredentialSource =
  /** Basic: an environment variable that holds `user:password`. */
  | { readonly kind: 'env'; readonly name: string }
  /** Basic: a file of `user:password` (or CSV, `user,password`) lines, a user each. */
  | { readonly kind: 'file'; readonly path: string }
  /** Basic: `pupil{1-3000}` stands for 3,000 names, zero-padded like its first number; all have one password. */
  | { readonly kind: 'pattern'; readonly users: string; readonly password: SecretReference }
  /** Negotiate: the ticket cache of whoever runs this. */
  | { readonly kind: 'ticket-cache' }
  /** Negotiate: a keytab; without principals its first one. */
  | { readonly kind: 'keytab'; readonly path: string; readonly principals: readonly string[] };

export type SecretReference = { readonly env: string } | { readonly file: string };

export interface TlsSpec {
  /** Server name indication and the name to verify; absent: the target's host. */
  readonly serverName?: string;
  /** File of PEM certificates to trust instead of the system's. */
  readonly ca?: string;
  /** True: accept any certificate. */
  readonly insecure: boolean;
  readonly minVersion: TlsVersion;
  /** Offer the session of the arm's last connection (RFC 8446 section 2.2). */
  readonly resumption: boolean;
}

export interface Target extends HostPort {
  readonly scheme: 'http' | 'https' | 'tcp';
  /** Path and query, may contain `{nonce}`; `/` if none was given. Empty for `tcp://`. */
  readonly path: string;
}

export interface RequestSpec {
  readonly method: string;
  readonly version: HttpVersion;
  /** In the order written. Values may contain `{nonce}`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The body came from a file: each of its characters stands for a byte, 0-255. Absent: it is text, sent as UTF-8. */
  readonly bodyIsBytes?: true;
}

/** Options set on a socket before it connects. Absent: the system's default. */
export type SocketOptions = Readonly<Omit<z.output<typeof socket>, 'bind'>>;

export type SocketSpec = SocketOptions & {
  /** Source addresses, used in turn; empty: the system chooses. */
  readonly bind: readonly string[];
};

/** Where an arm's connections come from, as written; a run resolves it to addresses of its machine. */
export interface SourceSpec {
  /** Empty: the address that the system would choose. */
  readonly addresses: readonly SourceAddress[];
  /** Absent: addresses are used in turn, and the system chooses ports. */
  readonly ports?: SourcePorts;
  /** No host uses these addresses: the packet engine emulates hosts that have them. */
  readonly emulate?: true;
  /** Interface to send packets from; absent: the one that the system's routes select. Packet engine only. */
  readonly interface?: string;
}

export type SourceAddress =
  | { readonly kind: 'address'; readonly address: string }
  /** Every address of the machine in a network; every host address of 127.0.0.0/8, all of which is the machine's. */
  | { readonly kind: 'network'; readonly network: string; readonly prefix: number }
  | { readonly kind: 'interface'; readonly name: string }
  /** Every address of the machine that can reach the peer. */
  | { readonly kind: 'all' };

export interface SourcePorts {
  readonly range: PortRange;
  readonly order: PortOrder;
  /** Minimum time between the close of an address and port and its next use. */
  readonly reuseAfterUs: number;
  /** The same address and port is reused exactly this long after it was closed, as far as possible. */
  readonly reuseExactlyUs?: number;
}

/** A pass criterion: a figure of the summary compared with a bound. */
export interface Criterion {
  /** As written: `stress.stalled.rate < 0.1%`. */
  readonly text: string;
  /** Arm name, or `*` for every arm. */
  readonly arm: string;
  /** Path below the arm in summary.json, e.g. `['stalled', 'rate']`. */
  readonly path: readonly string[];
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** In the figure's own unit: 0.001 for 0.1 %, microseconds for times. */
  readonly bound: number;
}
