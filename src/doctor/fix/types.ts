/** A kernel setting that should be changed for a run. */
export interface Proposal {
  /** Dotted, as in sysctl(8). */
  readonly name: string;
  readonly now: string;
  readonly proposed: string;
  /** What it improves. */
  readonly why: string;
  /** What harm it could do. */
  readonly risk: string;
}

/** What would make this machine better suited. */
export interface Advice {
  readonly settings: readonly Proposal[];
  /** The required limit of open files, if it is too low: no process can raise it for the shell that started it. */
  readonly openFiles?: { readonly now: number; readonly wanted: number };
}

/** A setting with its previous value and the value that was set. */
export interface Change {
  readonly name: string;
  readonly before: string;
  readonly set: string;
}

/** The result of making or undoing one change. */
export interface Outcome {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Why it was not done; absent: it was. */
  readonly fault?: string;
}

/** What undoing a change would do now. */
export type UndoPlan =
  | { readonly kind: 'restore'; readonly change: Change }
  /** It is as it was, whoever did that. */
  | { readonly kind: 'done'; readonly change: Change }
  /** Somebody else has set it since: it is theirs. */
  | { readonly kind: 'foreign'; readonly change: Change; readonly now: string | undefined };

/** Changes made in one network namespace since one boot: only there can they be undone. */
export interface FixRecord {
  readonly bootId: string;
  /** Inode of the namespace (namespaces(7)). */
  readonly namespace: number;
  /** RFC 3339. */
  readonly at: string;
  readonly changes: readonly Change[];
}

/** The running kernel's settings. Tests pass their own. */
export interface Kernel {
  readonly bootId: string;
  readonly namespace: number;
  /** Whether this is the machine's initial namespace: what is read at boot applies to it. */
  readonly isFirstNamespace: boolean;
  /** White space collapsed; undefined if it cannot be read. */
  read(name: string): string | undefined;
  /** @throws Error of the system */
  write(name: string, value: string): void;
}
