import type { z } from 'zod';
import type { ClientName } from '../client/registry.ts';
import type { ClientKnobs } from '../client/types.ts';
import type { Expectation } from '../outcome/expectation.ts';
import type { socket } from './socket-schema.ts';
import type { PortRange } from './units.ts';
import type {
  AddressUse,
  AskedFinding,
  AuthMode,
  AuthScheme,
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
  /** File name without its ending. */
  readonly name: string;
  readonly description: string;
  /** `embedded`: the run starts its own far end on loopback and points every arm at it. */
  readonly farEnd: 'embedded' | 'none';
  /** At least one; names are unique and fit a histogram tag (letters, digits, `-`, `_`). */
  readonly arms: readonly Arm[];
  readonly pass: readonly Criterion[];
  /** Findings to look for once the run is over. */
  readonly findings: readonly AskedFinding[];
  /** Set net.ipv4.tcp_timestamps for the run and put it back; absent: leave it alone. */
  readonly tcpTimestamps?: Switch;
  /** Begin with a little of the load, to see whether those who answer bear any; absent: begin at once. */
  readonly look?: LookSpec;
}

/** How much of a load is sent to look first. */
export interface LookSpec {
  /** Of the arm with the highest rate; others in proportion. */
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
  /** Go to all proxies of an answer in turn, not to its first alone. */
  readonly spread: boolean;
}

/** One kind of traffic. Arms run concurrently. */
export interface Arm {
  readonly name: string;
  readonly via: Via;
  /** Present where `via` is `proxy` or `tunnel`. */
  readonly proxy?: HostPort;
  /** Proxies that attempts go to in turn with `proxy` (or with the target, of an arm that only connects to one). */
  readonly beside?: readonly HostPort[];
  /** The script that is to name the proxy; gone once it has been asked, before any load. */
  readonly pac?: PacSource;
  readonly target: Target;
  /** Family of addresses to connect to where the peer's name has any of it; absent: both. */
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
  /** How long a connection stays open once its exchange is over. */
  readonly holdUs: number;
  /** Ages, ascending and below `holdUs`, at which some are proved to live and closed; absent: all at the end of the hold. */
  readonly proveUs?: readonly number[];
  readonly socket: SocketSpec;
  /** Source addresses and ports chosen on purpose; absent: `socket.bind` alone, and ports of the system's choice. */
  readonly source?: SourceSpec;
  /** Absent: no credentials. */
  readonly auth?: AuthSpec;
  /** Present where the target's scheme is `https`. */
  readonly tls?: TlsSpec;
  /** Whose packets its connections are made of; packet engine only. Absent: nobody's in particular. */
  readonly client?: ClientSpec;
}

/** A client that is imitated. */
export interface ClientSpec {
  readonly profile: ClientName;
  /** What differs from the profile; empty: nothing. */
  readonly knobs: ClientKnobs;
}

/** Whose door is knocked at, and how. Holds references to secrets, never a secret. */
export interface AuthSpec {
  /** `proxy`: 407 and Proxy-Authorization; `origin`: 401 and Authorization (RFC 9110 section 11). */
  readonly to: 'proxy' | 'origin';
  readonly scheme: AuthScheme;
  readonly mode: AuthMode;
  readonly credentials: CredentialSource;
  /** Negotiate: host-based service name, such as `HTTP@proxy.example`; absent: HTTP@ and the name of whoever asks. */
  readonly service?: string;
}

/** Where credentials come from. Several users are played in turn, by the attempt's number (by browser, for browsers). */
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
  /** True: any certificate is taken. */
  readonly insecure: boolean;
  readonly minVersion: TlsVersion;
  /** Offer the session of the arm's last connection (RFC 8446 section 2.2). */
  readonly resumption: boolean;
}

export interface Target extends HostPort {
  readonly scheme: 'http' | 'https' | 'tcp';
  /** Path and query, may contain `{nonce}`; `/` where none was given. Empty for `tcp://`. */
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

/** Where an arm's connections come from, as written; a run turns it into addresses of its machine. */
export interface SourceSpec {
  /** Empty: the address that the system would choose. */
  readonly addresses: readonly SourceAddress[];
  /** Absent: addresses are used in turn, and ports are of the system's choice. */
  readonly ports?: SourcePorts;
  /** Nobody has these addresses: the packet engine plays hosts that have them. */
  readonly emulate?: true;
  /** Interface that packets leave by; absent: as the system routes. Packet engine only. */
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
  /** The same address and port rests this long after it closed. */
  readonly reuseAfterUs: number;
  /** The same address and port is taken again exactly this long after it closed, as far as there is one. */
  readonly reuseExactlyUs?: number;
}

/**
 * Open loop: attempts fall due by the clock. Closed loop: one starts when one ends ("ab -c"). Sweep: pairs of attempts
 * from the same port of two addresses, a chosen delay apart. Browsers: people who open pages and read them; each
 * connection that their browsers open is an attempt.
 */
export type Load = OpenLoad | ClosedLoad | SweepLoad | BrowserLoad;

export interface OpenLoad {
  readonly kind: 'open';
  /** One after the other, at least one. */
  readonly phases: readonly Phase[];
}

export interface ClosedLoad {
  readonly kind: 'closed';
  /** Connections kept open at once, over all workers. */
  readonly concurrency: number;
  /** Absent: bounded by time alone. One of the two is always present. */
  readonly attempts?: number;
  readonly forUs?: number;
}

/**
 * For each delay, `pairs` source ports, each used once: from the first address until it has closed, and from the second
 * as long after that as the delay says.
 */
export interface SweepLoad {
  readonly kind: 'sweep';
  /** Ascending, each once. */
  readonly delaysUs: readonly number[];
  /** Ports for each delay. */
  readonly pairs: number;
  /** Attempts a second, both of each pair counted. */
  readonly ratePerSec: number;
}

/** A population of browsers. Each opens a page, loads its objects over kept connections, reads, and opens the next. */
export interface BrowserLoad {
  readonly kind: 'browsers';
  /** At once, over all workers. */
  readonly browsers: number;
  /** Browsers begin spread evenly over this time; 0: all at once. */
  readonly rampUs: number;
  /** How long pages go on being opened, from the run's start. */
  readonly forUs: number;
  /** Most connections that one browser keeps open, 1-32. */
  readonly connections: number;
  /** Pause between a page's last object and the next page: exponentially distributed about this mean. */
  readonly thinkUs: number;
  /** A browser closes its connection once idle so long. */
  readonly idleUs: number;
  readonly page: PageSpec;
}

export interface PageSpec {
  /** Requests a page makes: the document first, the others once that has come. */
  readonly objects: number;
  /** Paths of the objects after the document, used in turn; may hold `{object}` and `{nonce}`. Empty: the target's. */
  readonly paths: readonly string[];
}

/** Rates are attempts a second over all workers. A ramp is recorded but kept out of the verdict. */
export type Phase =
  | { readonly kind: 'ramp'; readonly fromPerSec: number; readonly toPerSec: number; readonly forUs: number }
  | { readonly kind: 'hold'; readonly ratePerSec: number; readonly forUs: number }
  | {
      readonly kind: 'step';
      readonly fromPerSec: number;
      readonly toPerSec: number;
      readonly byPerSec: number;
      readonly eachUs: number;
    }
  | { readonly kind: 'idle'; readonly forUs: number };

/** A pass criterion: a figure of the summary held against a bound. */
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
