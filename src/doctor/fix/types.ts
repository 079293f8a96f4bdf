/** A kernel setting that would serve a run better otherwise. */
export interface Proposal {
  /** Dotted, as sysctl(8) has it. */
  readonly name: string;
  readonly now: string;
  readonly proposed: string;
  /** What it is good for. */
  readonly why: string;
  /** In what it could hurt. */
  readonly risk: string;
}

/** What would make this machine fitter. */
export interface Advice {
  readonly settings: readonly Proposal[];
  /** Open files that processes are allowed, where that is too few: no process can mend it for the shell that started it. */
  readonly openFiles?: { readonly now: number; readonly wanted: number };
}

/** A setting as it was found, and what it was set to. */
export interface Change {
  readonly name: string;
  readonly before: string;
  readonly set: string;
}

/** What came of one change, or of one taken back. */
export interface Outcome {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Why it was not done; absent: it was. */
  readonly fault?: string;
}

/** What taking back a change would do now. */
export type Undoing =
  | { readonly kind: 'restore'; readonly change: Change }
  /** It is as it was, whoever did that. */
  | { readonly kind: 'done'; readonly change: Change }
  /** Somebody else has set it since: it is theirs. */
  | { readonly kind: 'foreign'; readonly change: Change; readonly now: string | undefined };

/** Changes that were made in one network namespace since one boot: there alone can they be taken back. */
export interface FixRecord {
  readonly bootId: string;
  /** Inode of the namespace (namespaces(7)). */
  readonly namespace: number;
  /** RFC 3339. */
  readonly at: string;
  readonly changes: readonly Change[];
}

/** The running kernel, as far as it is changed here. Tests hand in their own. */
export interface Kernel {
  readonly bootId: string;
  readonly namespace: number;
  /** Whether this is the namespace that the machine started with: what is read at boot applies there. */
  readonly isFirstNamespace: boolean;
  /** White space squeezed; undefined where it cannot be read. */
  read(name: string): string | undefined;
  /** @throws Error of the system */
  write(name: string, value: string): void;
}
