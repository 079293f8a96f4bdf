/** Exit codes of every command. They are part of the interface: scripts and timers branch on them. */
export const EXIT = {
  /** Done, and every pass criterion held. */
  ok: 0,
  /** A fault in rushhour itself. */
  internal: 1,
  /** Bad usage or a bad scenario. */
  usage: 2,
  /** A pass criterion failed, or a comparison got worse. */
  criteriaFailed: 3,
  /** This machine was the bottleneck: the run says nothing about the firewall. */
  generatorLimited: 4,
  /** Something that the run needs is missing: a ticket, root, a tool, a proxy that answers. */
  environment: 5,
  /** Interrupted by a signal; the results were kept. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface ErrorDetails {
  /** What the user can do about it: a command where there is one. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Base of every error meant for a user's eyes: what happened, why, and what mends it. */
export class RushhourError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, exitCode: ExitCode, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.hint = details.hint;
  }
}

/** The command line or the scenario is wrong (exit code 2). */
export class UsageError extends RushhourError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, EXIT.usage, details);
  }
}

/** The machine or network lacks something that the run needs (exit code 5). */
export class EnvironmentError extends RushhourError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, EXIT.environment, details);
  }
}
