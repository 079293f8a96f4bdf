/** What a machine offers a run, as far as it can be read without privileges. Kept in run.json: plain JSON. */
export interface HostFacts {
  /** `process.platform` */
  readonly platform: string;
  readonly arch: string;
  /** Name that this machine gives itself. */
  readonly hostname: string;
  /** Kernel release. */
  readonly kernel: string;
  /** Node version without the `v`. */
  readonly node: string;
  readonly cpus: { readonly count: number; readonly model: string };
  readonly memoryBytes: number;
  /** RLIMIT_NOFILE of this process; null where unlimited or not known. Node raises soft to hard when it starts. */
  readonly fdLimit: { readonly soft: number | null; readonly hard: number | null };
  /** Addresses of this machine, loopback included, without zones. */
  readonly addresses: readonly string[];
  /** As under /proc/sys, dots for slashes, white space squeezed; only those that could be read. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Connection tracking in this network namespace; null where it is not loaded. */
  readonly conntrack: { readonly count: number; readonly max: number } | null;
  readonly clock: {
    /** The kernel's clock source; null where not known. */
    readonly source: string | null;
    /** Whether the wall clock is kept right; null where not known. */
    readonly synchronised: boolean | null;
  };
  /** Which of the optional npm packages are there; absent in folders of before they were looked for. */
  readonly packages?: {
    readonly koffi: boolean;
    readonly kerberos: boolean;
    /** Both that a PAC script needs; absent in folders of before they were looked for. */
    readonly pac?: boolean;
  };
  /** Full paths of the tools found. */
  readonly tools: Readonly<Record<string, string>>;
  /** What the packet engine finds; absent where it cannot run, and in folders of before it was there. */
  readonly packetEngine?: PacketEngineFacts;
}

export interface PacketEngineFacts {
  /** Capabilities that this process has not. */
  readonly missing: readonly ('CAP_NET_RAW' | 'CAP_NET_ADMIN')[];
  /** Why packets cannot be kept from the kernel, as an error of the system; absent: they can. */
  readonly guard?: string;
  /** The command that gives Node both capabilities. */
  readonly setcap: string;
  /** But the loopback. */
  readonly interfaces: readonly {
    readonly name: string;
    readonly isWireless: boolean;
    /** The kernel passes on IPv4 packets that come in by it for others. */
    readonly forwards: boolean;
    /** Why it is of no use, and what mends that; absent: it is of use. */
    readonly why?: string;
    readonly mend?: string;
  }[];
}

/** How far the way to one arm's peer could be followed. */
export interface ReachFacts {
  readonly arm: string;
  readonly host: string;
  readonly port: number;
  /** The arm expects a refusal: an answer is the fault. */
  readonly refusalExpected: boolean;
  /** Undefined: the name resolves. */
  readonly resolveError?: string;
  readonly endpoints: readonly {
    readonly address: string;
    readonly answer: 'connected' | 'refused' | 'silent' | 'unreachable';
    /** Of an address that is unreachable, why: the system's name of the error. */
    readonly code?: string;
    /** Time to the answer. */
    readonly us: number;
  }[];
}

/** Whether one arm with Negotiate would get its tokens. */
export interface KerberosFacts {
  readonly arm: string;
  /** Host-based, such as `HTTP@proxy.example`; empty where there is none to ask for. */
  readonly service: string;
  /** How many principals were asked for. */
  readonly principals: number;
  /** What klist says of the ticket cache; absent for a keytab, or without klist or ticket. */
  readonly ticket?: { readonly principal: string; readonly expires: string };
  /** Absent: a token was made as each of them. */
  readonly fault?: { readonly what: string; readonly mend: string };
}

export type CheckLevel = 'ok' | 'note' | 'warn' | 'fail';

/** One judgement. `fail`: the run cannot be done, or would say nothing. `warn`: its results need a second look. */
export interface Check {
  readonly name: string;
  readonly level: CheckLevel;
  /** What was found, in one sentence. */
  readonly what: string;
  /** Why it matters here. */
  readonly why?: string;
  /** The command that mends it. */
  readonly mend?: string;
}
