import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { EngineName } from '../engine/names.ts';
import { UsageError } from '../errors.ts';
import { type DefaultPlaces, readDefaults, usedDefaults } from '../scenario/defaults.ts';
import { findScenario, scenarioDirs } from '../scenario/find.ts';
import { readScenario } from '../scenario/load.ts';
import type { Overrides } from '../scenario/overrides.ts';
import type { PacSource, Scenario } from '../scenario/types.ts';
import { formatDuration } from '../scenario/units.ts';
import { decideWorkers } from '../session/load/decide-workers.ts';
import { fillProxies } from '../session/load/fill-proxies.ts';
import {
  checkLength,
  checkName,
  checkUser,
  DEFAULT_RESULTS,
  DEFAULT_USER,
  type SoakInstallPlan,
  settingsFile,
  type Word,
} from './installed-soak.ts';
import { filesOf, needsOf } from './needs.ts';
import { findHidden, refuseHidden } from './program.ts';
import { parseAt, parseDays } from './schedule.ts';

/** A flag of a soak, as it was typed. */
export interface PassedFlag {
  readonly flag: string;
  readonly value: string | undefined;
}

/** The soak to install. */
export interface InstallRequest {
  /** Of the scenario. */
  readonly nameOrPath: string;
  readonly label: string;
  /** Microseconds. */
  readonly for: number;
  readonly at: string;
  readonly on?: string;
  readonly name?: string;
  readonly user?: string;
  readonly results?: string;
  readonly workers: number | 'auto';
  readonly engine: 'auto' | EngineName;
  readonly setsTcpTimestamps: boolean;
  /** What flags change in the scenario. */
  readonly overrides: Overrides;
  readonly pac: PacSource | undefined;
  /** Flags that the soak's command line repeats; none contains a secret. */
  readonly passed: readonly PassedFlag[];
  /** Assignments that hold secrets, for a file of its own. */
  readonly settings: readonly string[];
}

/** Where it is resolved. */
export interface InstallPlace extends DefaultPlaces {
  readonly cores: number;
}

/** Flags that name a file with a secret, which root reads for the soak. */
const SECRET_FILES: Readonly<Record<string, { readonly prefix: '@' | ''; readonly id: string }>> = {
  '--proxy-user': { prefix: '@', id: 'proxy-users' },
  '--sink-token': { prefix: '@', id: 'sink-token' },
  '--sink-user': { prefix: '@', id: 'sink-user' },
  '--keytab': { prefix: '', id: 'keytab' },
};

export interface ResolvedInstall {
  readonly plan: SoakInstallPlan;
  readonly scenario: Scenario;
  /** Files that the soak's user must be able to read. */
  readonly reads: readonly string[];
}

/**
 * Resolves the flags of `install`, checked as far as possible without examining the machine.
 * @throws UsageError, EnvironmentError
 */
export async function resolveInstall(
  place: InstallPlace,
  request: InstallRequest,
  machine: {
    readonly program: SoakInstallPlan['program'];
    readonly notifies: boolean;
    readonly by: 'systemd' | 'cron';
  },
): Promise<ResolvedInstall> {
  const { pac, passed, settings } = request;
  const dirs = scenarioDirs(place.cwd);
  const file = resolve(place.cwd, await findScenario(request.nameOrPath, dirs));
  const defaults = await readDefaults(place);
  const overrides = {
    ...request.overrides,
    pac: pac === undefined ? undefined : { ...pac, source: wholePath(pac.source, place.cwd) },
    defaults,
  };
  const read = await readScenario(file, dirs, overrides);
  const files = filesOf(read.scenario);
  const { scenario, origins } = await fillProxies(place, read);
  const word = isBundled(file, dirs.at(-1)) ? scenario.name : file;
  const at = parseAt(request.at);
  parseDays(request.on ?? null);
  const results = resolve(place.cwd, request.results ?? DEFAULT_RESULTS);
  // The user who runs the soak has other variables and another folder.
  const taken = usedDefaults(origins, defaults).flatMap(([key, value]) => [`--${key}`, value].map(text));
  const name = checkName(request.name ?? scenario.name);
  const flagWords = [
    ...passed.flatMap((flag) => wordsOf(flag, place.cwd)),
    ...(settings.length === 0 ? [] : settingsWords(name)),
    ...taken,
  ];
  const secrets = flagWords.flatMap((each) => (each.kind === 'secret-file' ? [each] : []));
  const plan: SoakInstallPlan = {
    night: {
      schema: 1,
      name,
      scenario: scenario.name,
      label: request.label,
      results,
      user: checkUser(request.user ?? DEFAULT_USER),
      forUs: checkLength(request.for),
      at,
      on: request.on ?? null,
    },
    needs: needsOf(scenario, {
      workers: decideWorkers(request, scenario, place),
      setsTcpTimestamps: request.setsTcpTimestamps,
      sendsPackets: request.engine === 'packet',
      notifies: machine.notifies,
      variables: passed.flatMap(({ flag, value = '' }) =>
        flag.startsWith('--sink-') && value.startsWith('env:') ? [value.slice('env:'.length)] : [],
      ),
    }),
    program: machine.program,
    words: [
      ...[word, '--for', formatDuration(request.for), '--results', results, '--quiet'].map(text),
      ...flagWords,
    ],
    ...(settings.length === 0 ? {} : { settings }),
  };
  const own = files.filter((path) => !isHandedOver(path, secrets, place.cwd));
  refuseRelative(own);
  const reads = [plan.program.main, ...(word === file ? [file] : []), ...own];
  // The settings file is not written yet.
  const readBySecrets =
    machine.by === 'cron'
      ? secrets.map(({ path }) => path).filter((path) => path !== settingsFile(plan.night))
      : [];
  checkVisible(plan, [...reads, ...readBySecrets], machine.by);
  return { plan, scenario, reads: [...reads, ...readBySecrets] };
}

const text = (value: string): Word => ({ kind: 'text', text: value });

function settingsWords(name: string): Word[] {
  return [text('--set'), { kind: 'secret-file', prefix: '@', id: 'settings', path: settingsFile({ name }) }];
}

function wordsOf({ flag, value }: PassedFlag, cwd: string): Word[] {
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
  throw new UsageError(
    `an installed soak does not start in this folder, so relative paths would not resolve: ${relative.join(', ')}`,
    {
      hint: 'write absolute paths in --set',
    },
  );
}

function isBundled(file: string, dir: string | undefined): boolean {
  if (dir === undefined) return false;
  const real = existsSync(dir) ? realpathSync(dir) : dir;
  return dirname(file) === real;
}

/** Under cron nothing is hidden: only file permissions count. */
function checkVisible(plan: SoakInstallPlan, reads: readonly string[], by: 'systemd' | 'cron'): void {
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
