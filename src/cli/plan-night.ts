import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { redactAssignment } from '../scenario/assignment.ts';
import { findScenario, scenarioDirs } from '../scenario/find.ts';
import { readScenario } from '../scenario/load.ts';
import type { Scenario } from '../scenario/types.ts';
import { formatDuration } from '../scenario/units.ts';
import { readYamlValue } from '../scenario/yaml-value.ts';
import { filesOf, needsOf } from '../service/needs.ts';
import {
  checkLength,
  checkName,
  checkUser,
  DEFAULT_RESULTS,
  DEFAULT_USER,
  type NightPlan,
  settingsFile,
  type Word,
} from '../service/night.ts';
import { findHidden, refuseHidden } from '../service/program.ts';
import { parseAt, parseDays } from '../service/schedule.ts';
import { readAssignments } from './assignments.ts';
import { redactCommand } from './command-line.ts';
import { decideWorkers } from './decide-workers.ts';
import { adopted, readDefaults } from './defaults.ts';
import type { Host } from './host.ts';
import { type OverrideOptions, readOverrides } from './override-options.ts';
import { fillProxies, type PacOptions, readPac } from './pac.ts';
import type { SharedRunOptions } from './run-options.ts';
import type { TypedFlag } from './typed-flags.ts';

export interface InstallFlags extends SharedRunOptions, OverrideOptions, PacOptions {
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

/** What the units say themselves, and what would make no sense in them. */
const NOT_PASSED_ON = [
  ...['--at', '--on', '--name', '--user', '--scenario', '--print', '--cron', '--root'],
  ...['--for', '--results', '--resume', '--resume-only', '--quiet', '--json', '--dry-run', '--duration'],
];

/** Flags that name a file with a secret: root reads it for the night. */
const SECRET_FILES: Readonly<Record<string, { readonly prefix: '@' | ''; readonly id: string }>> = {
  '--proxy-user': { prefix: '@', id: 'proxy-users' },
  '--sink-token': { prefix: '@', id: 'sink-token' },
  '--sink-user': { prefix: '@', id: 'sink-user' },
  '--keytab': { prefix: '', id: 'keytab' },
};
const REFERENCE = /^(env:|@)/;

export interface PlannedNight {
  readonly plan: NightPlan;
  readonly scenario: Scenario;
  /** Files that the night's own user has to be able to read. */
  readonly reads: readonly string[];
}

/**
 * What the flags of `install` come to, checked as far as that goes without asking the machine.
 * @throws UsageError, EnvironmentError
 */
export async function planNight(
  host: Host,
  nameOrPath: string,
  flags: InstallFlags,
  typed: readonly TypedFlag[],
  machine: {
    readonly program: NightPlan['program'];
    readonly notifies: boolean;
    readonly by: 'systemd' | 'cron';
  },
): Promise<PlannedNight> {
  const kept = typed.filter(({ flag }) => !NOT_PASSED_ON.includes(flag));
  const [passed, settings] = setSecretsAside(kept, host);
  refuseSecrets(passed);
  if (flags.duration !== undefined) {
    throw new UsageError('a night lasts as long as --for says, not --duration', {
      hint: `write --for ${flags.duration}`,
    });
  }
  const dirs = scenarioDirs(host.cwd);
  const file = resolve(host.cwd, await findScenario(nameOrPath, dirs));
  const defaults = await readDefaults(host);
  const pac = readPac(flags);
  const overrides = {
    ...readOverrides(flags, host),
    pac: pac === undefined ? undefined : { ...pac, source: wholePath(pac.source, host.cwd) },
    defaults,
  };
  const read = await readScenario(file, dirs, overrides);
  const files = filesOf(read.scenario);
  const { scenario, origins } = await fillProxies(host, read);
  const word = isBundled(file, dirs.at(-1)) ? scenario.name : file;
  const at = parseAt(flags.at);
  parseDays(flags.on ?? null);
  const results = resolve(host.cwd, flags.results ?? DEFAULT_RESULTS);
  // Whoever runs the night has other variables, and another folder.
  const taken = adopted(origins, defaults).flatMap(([key, value]) => [`--${key}`, value].map(text));
  const name = checkName(flags.name ?? scenario.name);
  const flagWords = [
    ...passed.flatMap((flag) => wordsOf(flag, host.cwd)),
    ...(settings.length === 0 ? [] : settingsWords(name)),
    ...taken,
  ];
  const secrets = flagWords.flatMap((each) => (each.kind === 'secret-file' ? [each] : []));
  const plan: NightPlan = {
    night: {
      schema: 1,
      name,
      scenario: scenario.name,
      label: flags.label,
      results,
      user: checkUser(flags.user ?? DEFAULT_USER),
      forUs: checkLength(flags.for),
      at,
      on: flags.on ?? null,
    },
    needs: needsOf(scenario, {
      workers: decideWorkers(flags, scenario, host),
      setsTcpTimestamps: flags.tcpTimestamps !== undefined,
      notifies: machine.notifies,
      variables: passed.flatMap(({ flag, value = '' }) =>
        flag.startsWith('--sink-') && value.startsWith('env:') ? [value.slice('env:'.length)] : [],
      ),
    }),
    program: machine.program,
    words: [
      ...[word, '--for', formatDuration(flags.for), '--results', results, '--quiet'].map(text),
      ...flagWords,
    ],
    ...(settings.length === 0 ? {} : { settings }),
  };
  const own = files.filter((path) => !isHandedOver(path, secrets, host.cwd));
  refuseRelative(own);
  const reads = [plan.program.main, ...(word === file ? [file] : []), ...own];
  // What is installed is yet to be written.
  const readBySecrets =
    machine.by === 'cron'
      ? secrets.map(({ path }) => path).filter((path) => path !== settingsFile(plan.night))
      : [];
  checkVisible(plan, [...reads, ...readBySecrets], machine.by);
  return { plan, scenario, reads: [...reads, ...readBySecrets] };
}

const text = (value: string): Word => ({ kind: 'text', text: value });

/**
 * Takes assignments out of what a unit may say where one holds a secret: all of them, as their order counts. `--set @FILE` is
 * read now, as the file may be gone by night.
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

/** The same assignment without line feeds: JSON is YAML. What is none is left to the scenario's loader to refuse. */
function onOneLine(assignment: string): string {
  if (!assignment.includes('\n')) return assignment;
  const at = assignment.indexOf('=');
  try {
    return assignment.slice(0, at + 1) + JSON.stringify(readYamlValue(assignment.slice(at + 1)));
  } catch {
    return assignment;
  }
}

function settingsWords(name: string): Word[] {
  return [text('--set'), { kind: 'secret-file', prefix: '@', id: 'settings', path: settingsFile({ name }) }];
}

/** A unit can be read by everybody. @throws UsageError, without what was typed */
function refuseSecrets(passed: readonly TypedFlag[]): void {
  for (const { flag, value } of passed) {
    const isSinkSecret = flag === '--sink-token' || flag === '--sink-user';
    const isOpen = isSinkSecret && !REFERENCE.test(value ?? '');
    if (value === undefined || (!isOpen && redactCommand([flag, value]).at(-1) === value)) continue;
    throw new UsageError(`${flag} holds a secret, and what is installed can be read by everybody`, {
      hint: 'name a file (-U @/etc/rushhour/users) or a variable (-U env:NAME, with NAME=... in /etc/rushhour/<name>.env)',
    });
  }
}

function wordsOf({ flag, value }: TypedFlag, cwd: string): Word[] {
  if (value === undefined) return [text(flag)];
  if (flag === '--pac') return [flag, wholePath(value, cwd)].map(text);
  const secret = SECRET_FILES[flag];
  if (secret === undefined || !value.startsWith(secret.prefix)) return [text(flag), text(value)];
  const path = resolve(cwd, value.slice(secret.prefix.length));
  // The ending tells how users are written in it.
  const id = path.toLowerCase().endsWith('.csv') ? `${secret.id}.csv` : secret.id;
  return [text(flag), { kind: 'secret-file', prefix: secret.prefix, id, path }];
}

/** The service's working folder is the root. URLs stay as they are. */
function wholePath(source: string, cwd: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? source : resolve(cwd, source);
}

function isHandedOver(path: string, secrets: readonly { readonly path: string }[], cwd: string): boolean {
  return secrets.some((secret) => secret.path === resolve(cwd, path));
}

/** The service's working folder is the root. */
function refuseRelative(paths: readonly string[]): void {
  const relative = paths.filter((path) => !isAbsolute(path));
  if (relative.length === 0) return;
  throw new UsageError(`a night is not started from this folder: ${relative.join(', ')}`, {
    hint: 'write whole paths in --set',
  });
}

function isBundled(file: string, dir: string | undefined): boolean {
  if (dir === undefined) return false;
  const real = existsSync(dir) ? realpathSync(dir) : dir;
  return dirname(file) === real;
}

/** Under cron nothing is hidden, and rights alone decide. */
function checkVisible(plan: NightPlan, reads: readonly string[], by: 'systemd' | 'cron'): void {
  if (by === 'cron') return;
  const { program, night } = plan;
  const [, ...files] = reads;
  const paths = new Map([
    ['program', program.main],
    ['node', program.node],
    ['results', night.results],
    ...files.map((path): [string, string] => [`file ${path.split('/').at(-1)}`, path]),
  ]);
  refuseHidden(findHidden(paths), program.main);
}
