import { UsageError } from '../../errors.ts';
import { redactAssignment } from '../../scenario/assignment.ts';
import { readYamlValue } from '../../scenario/yaml-value.ts';
import type { InstallRequest } from '../../service/resolve-install.ts';
import { redactCommand } from '../command-line.ts';
import type { Host } from '../host.ts';
import { readAssignments } from './assignments.ts';
import type { BesideOptions } from './beside-options.ts';
import { type OverrideOptions, readOverrides } from './override-options.ts';
import { type PacOptions, readPac } from './pac-options.ts';
import type { SharedRunOptions } from './run-options.ts';
import type { TypedFlag } from './typed-flags.ts';

export interface InstallFlags extends SharedRunOptions, OverrideOptions, PacOptions, BesideOptions {
  /** Microseconds. */
  readonly for: number;
  readonly at: string;
  readonly on?: string;
  readonly name?: string;
  readonly user?: string;
  readonly scenario?: string;
  readonly print?: boolean;
  readonly cron?: boolean;
  readonly root?: string;
}

/** Flags that the units set themselves, or that make no sense in them. */
const NOT_PASSED_ON = [
  ...['--at', '--on', '--name', '--user', '--scenario', '--print', '--cron', '--root'],
  ...['--for', '--results', '--resume', '--resume-only', '--quiet', '--json', '--dry-run', '--duration'],
];

const REFERENCE = /^(env:|@)/;

/**
 * Parses the flags of `install`.
 * @throws UsageError if one makes no sense in an installed soak, or contains a secret that everybody could read
 */
export function readInstallFlags(
  host: Host,
  nameOrPath: string,
  flags: InstallFlags,
  typed: readonly TypedFlag[],
): InstallRequest {
  const kept = typed.filter(({ flag }) => !NOT_PASSED_ON.includes(flag));
  const [passed, settings] = setSecretsAside(kept, host);
  refuseSecrets(passed);
  if (flags.duration !== undefined) {
    throw new UsageError('--for sets the length of a soak, not --duration', {
      hint: `write --for ${flags.duration}`,
    });
  }
  return {
    ...flags,
    nameOrPath,
    overrides: readOverrides(flags, host),
    pac: readPac(flags),
    setsTcpTimestamps: flags.tcpTimestamps !== undefined,
    ...{ passed, settings },
  };
}

/**
 * If an assignment contains a secret, keeps all assignments out of the unit, because their order matters. `--set
 * @FILE` is read now, as the file may be gone later.
 */
function setSecretsAside(
  typed: readonly TypedFlag[],
  host: Host,
): [passed: readonly TypedFlag[], settings: readonly string[]] {
  const values = typed.flatMap(({ flag, value }) => (flag === '--set' && value !== undefined ? [value] : []));
  const assignments = readAssignments(values, host.cwd);
  const isPublic = (text: string): boolean => redactAssignment(text, readYamlValue) === text;
  if (values.every((text) => !text.startsWith('@')) && assignments.every(isPublic)) return [typed, []];
  return [typed.filter(({ flag }) => flag !== '--set'), assignments.map(onOneLine)];
}

/**
 * The same assignment without line feeds, as JSON, which is valid YAML. Invalid ones are left for the scenario loader
 * to reject.
 */
function onOneLine(assignment: string): string {
  if (!assignment.includes('\n')) return assignment;
  const at = assignment.indexOf('=');
  try {
    return assignment.slice(0, at + 1) + JSON.stringify(readYamlValue(assignment.slice(at + 1)));
  } catch {
    return assignment;
  }
}

/**
 * Units are world-readable.
 * @throws UsageError, without what was typed
 */
function refuseSecrets(passed: readonly TypedFlag[]): void {
  for (const { flag, value } of passed) {
    const isSinkSecret = flag === '--sink-token' || flag === '--sink-user';
    const isOpen = isSinkSecret && !REFERENCE.test(value ?? '');
    if (value === undefined || (!isOpen && redactCommand([flag, value]).at(-1) === value)) continue;
    throw new UsageError(`${flag} contains a secret, and installed files are world-readable`, {
      hint: 'use a file (-U @/etc/rushhour/users) or a variable (-U env:NAME, with NAME=... in /etc/rushhour/<name>.env)',
    });
  }
}
