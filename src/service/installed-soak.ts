import { UsageError } from '../errors.ts';
import { formatDuration } from '../scenario/units.ts';

/** An installed soak: what `status` and `uninstall` need to know, kept in the header of its files. */
export interface InstalledSoak {
  readonly schema: 1;
  /** Of the instance: files and units are called `rushhour-<name>`. */
  readonly name: string;
  /** The scenario's own name, as runs have it. */
  readonly scenario: string;
  readonly label: string;
  /** Absolute. */
  readonly results: string;
  readonly user: string;
  readonly forUs: number;
  /** HH:MM, local time. */
  readonly at: string;
  /** Days as systemd.time(7) has them, `Mon..Fri`; null: every day. */
  readonly on: string | null;
}

/** A part of the command line; a secret file has another path under systemd. */
export type Word =
  | { readonly kind: 'text'; readonly text: string }
  /** `prefix` stands before the path: `@` of `-U @file`. */
  | { readonly kind: 'secret-file'; readonly prefix: string; readonly id: string; readonly path: string };

/** What the scenario and its flags ask of the machine. */
export interface SoakNeeds {
  /** Connections open at once while every attempt waits until it times out. */
  readonly openAtMost: number;
  /** Longest that attempts under way take to end, once no more are started. */
  readonly drainUs: number;
  readonly workers: number;
  /** A source port below 1024. */
  readonly bindsLowPorts: boolean;
  readonly setsTcpTimestamps: boolean;
  /** It uses the packet engine. */
  readonly sendsPackets: boolean;
  /** Whether the program can notify the service manager that it is alive. */
  readonly notifies: boolean;
  /** Names of environment variables that hold secrets. */
  readonly variables: readonly string[];
}

export interface SoakInstallPlan {
  readonly night: InstalledSoak;
  readonly needs: SoakNeeds;
  /** node and dist/cli/main.js, absolute. */
  readonly program: { readonly node: string; readonly main: string };
  /** What stands behind `soak`: the scenario and its flags, without --resume. */
  readonly words: readonly Word[];
  /** Assignments of --set that contain secrets, one per line: kept in a separate file that only root can read. */
  readonly settings?: readonly string[];
  /** For OnCalendar=: beginnings on days on which clocks skip the daily one. */
  readonly gaps?: readonly string[];
}

/** Where the service keeps what is its own; systemd makes it for the service's user (StateDirectory=). */
export const STATE_DIR = '/var/lib/rushhour';
export const DEFAULT_RESULTS = `${STATE_DIR}/results`;
export const DEFAULT_USER = 'rushhour';
/** Secrets by name, a line each, readable by root. */
export const CONFIG_DIR = '/etc/rushhour';

/** Assignments of --set that hold secrets; what {@link environmentFile} is for those that are named. */
export function settingsFile({ name }: Pick<InstalledSoak, 'name'>): string {
  return `${CONFIG_DIR}/${name}.set`;
}

/** So that the next soak can start, and one killed towards its end can finish before. */
const MAX_SOAK_US = 23 * 3_600_000_000;

export function environmentFile({ name }: InstalledSoak): string {
  return `${CONFIG_DIR}/${name}.env`;
}

/** @throws UsageError if it cannot be the name of units and of a file for cron, which ignores names with dots */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) && !name.endsWith('-resume')) return name;
  throw new UsageError(`"${name}" is not a valid name for a soak`, {
    hint: 'use letters, digits, - and _, 64 at most, not ending in -resume: --name NAME',
  });
}

/** @throws UsageError if useradd(8) would not accept the name */
export function checkUser(user: string): string {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(user) && user !== 'root') return user;
  const why = user === 'root' ? 'a soak does not need root' : `"${user}" cannot name a user`;
  throw new UsageError(`--user ${user}: ${why}`, {
    hint: 'remove --user: the soaks then run as a dedicated user, created if missing',
  });
}

/** @throws UsageError if the soak would be too short, or would not end before the next one */
export function checkLength(forUs: number): number {
  if (forUs >= 60_000_000 && forUs <= MAX_SOAK_US) return forUs;
  throw new UsageError(`a soak of ${formatDuration(forUs)} cannot be repeated daily`, {
    hint: 'give --for a time from 1m to 23h',
  });
}
