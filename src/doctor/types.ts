/** What a machine offers a run, as far as it can be read without privileges. Kept in run.json: plain JSON. */
export interface HostFacts {
  /** `process.platform` */
  readonly platform: string;
  readonly arch: string;
  /** Host name of this machine. */
  readonly hostname: string;
  /** Kernel release. */
  readonly kernel: string;
  /** Node version without the `v`. */
  readonly node: string;
  readonly cpus: { readonly count: number; readonly model: string };
  readonly memoryBytes: number;
  /** RLIMIT_NOFILE of this process; null if unlimited or not known. Node raises soft to hard when it starts. */
  readonly fdLimit: { readonly soft: number | null; readonly hard: number | null };
  /** Addresses of this machine, loopback included, without zones. */
  readonly addresses: readonly string[];
  /** As under /proc/sys, dots for slashes, white space collapsed; only those that could be read. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Connection tracking in this network namespace; null if it is not loaded. */
  readonly conntrack: { readonly count: number; readonly max: number } | null;
  readonly clock: {
    /** The kernel's clock source; null if not known. */
    readonly source: string | null;
    /** Whether the wall clock is synchronised; null if not known. */
    readonly synchronised: boolean | null;
  };
  /** Which of the optional npm packages are installed; absent in older folders. */
  readonly packages?: {
    readonly koffi: boolean;
    readonly kerberos: boolean;
    /** Both packages that a PAC script needs; absent in older folders. */
    readonly pac?: boolean;
  };
  /** Full paths of the tools found. */
  readonly tools: Readonly<Record<string, string>>;
  /** What the packet engine finds; absent if it cannot run, and in older folders. */
  readonly packetEngine?: PacketEngineFacts;
}

export interface PacketEngineFacts {
  /** Capabilities that this process lacks. */
  readonly missing: readonly ('CAP_NET_RAW' | 'CAP_NET_ADMIN')[];
  /** Why packets cannot be kept from the kernel, as a system error; absent: they can. */
  readonly guard?: string;
  /** The command that gives Node both capabilities. */
  readonly setcap: string;
  /** What gives CAP_NET_RAW alone. */
  readonly setcapRaw: string;
  /** Except loopback. */
  readonly interfaces: readonly {
    readonly name: string;
    readonly isWireless: boolean;
    /** The kernel forwards IPv4 packets that arrive on it for other hosts. */
    readonly forwards: boolean;
    /** Why it cannot be used, and how to fix that; absent: it can be used. */
    readonly why?: string;
    readonly mend?: string;
  }[];
}

/** How far the path to one arm's peer could be checked. */
export interface ReachFacts {
  readonly arm: string;
  readonly host: string;
  readonly port: number;
  /** The arm expects a refusal: an accepted connection is the fault. */
  readonly refusalExpected: boolean;
  /** Undefined: the name resolves. */
  readonly resolveError?: string;
  readonly endpoints: readonly {
    readonly address: string;
    readonly answer: 'connected' | 'refused' | 'silent' | 'unreachable';
    /** For an unreachable address: the system's name of the error. */
    readonly code?: string;
    /** Time to the answer. */
    readonly us: number;
  }[];
}

/** Whether one arm with Negotiate would get its tokens. */
export interface KerberosFacts {
  readonly arm: string;
  /** Host-based, such as `HTTP@proxy.example`; empty if there is no service to request. */
  readonly service: string;
  /** For how many principals tokens were requested. */
  readonly principals: number;
  /** What klist says about the ticket cache; absent for a keytab, or without klist or ticket. */
  readonly ticket?: { readonly principal: string; readonly expires: string };
  /** Absent: a token was made for each of them. */
  readonly fault?: { readonly what: string; readonly mend: string };
}

export type CheckLevel = 'ok' | 'note' | 'warn' | 'fail';

/** One judgement. `fail`: the run cannot be done, or would show nothing. `warn`: its results need a second look. */
export interface Check {
  readonly name: string;
  readonly level: CheckLevel;
  /** What was found, in one sentence. */
  readonly what: string;
  /** Why it matters here. */
  readonly why?: string;
  /** The command that fixes it. */
  readonly mend?: string;
}
