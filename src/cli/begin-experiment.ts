import { randomInt } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../errors.ts';
import { defaultLabel } from '../experiment/conduct.ts';
import { scheduleRounds } from '../experiment/schedule.ts';
import { redactAssignment } from '../scenario/assignment.ts';
import { findScenario, scenarioDirs } from '../scenario/find.ts';
import { loadScenario, readScenario } from '../scenario/load.ts';
import type { Overrides } from '../scenario/overrides.ts';
import { REDACTED, redactEndpoint } from '../scenario/secrets.ts';
import type { Scenario } from '../scenario/types.ts';
import { readYamlValue } from '../scenario/yaml-value.ts';
import {
  createExperiment,
  type ExperimentState,
  findExperiment,
  fingerprintOf,
  saveExperiment,
} from '../store/experiment-file.ts';
import { isAlive, markProcess } from '../store/process-mark.ts';
import { decideWorkers } from './decide-workers.ts';
import { adopted, readDefaults } from './defaults.ts';
import type { Host } from './host.ts';
import { type OverrideOptions, readOverrides } from './override-options.ts';
import { fillProxies } from './pac.ts';
import { resultsDir, type SharedRunOptions } from './run-options.ts';

export interface ExperimentOptions extends SharedRunOptions, OverrideOptions {
  readonly a?: string;
  readonly b?: string;
  readonly labelA?: string;
  readonly labelB?: string;
  readonly rounds: number;
  readonly settle: number;
  readonly verify?: string;
  readonly commandTimeout: number;
  readonly seed?: number;
  readonly resume?: string;
}

/** An experiment that is about to begin, or to go on; nothing is written until `save`. */
export interface BegunExperiment {
  readonly state: ExperimentState;
  readonly scenario: Scenario;
  save(): Promise<ExperimentState>;
}

/** @throws UsageError where the command line lacks something, or the scenario has mistakes */
export async function beginExperiment(
  host: Host,
  nameOrPath: string | undefined,
  options: ExperimentOptions,
): Promise<BegunExperiment> {
  if (nameOrPath === undefined) {
    throw new UsageError('an experiment needs a scenario', {
      hint: 'rushhour scenarios lists the named ones',
    });
  }
  const commands = requireCommands(options);
  const overrides = await withDefaults(overridesOf(options, host), nameOrPath, host);
  const written = await loadScenario(nameOrPath, scenarioDirs(host.cwd), overrides);
  const { scenario } = await fillProxies(host, { scenario: written, origins: [] });
  const seed = options.seed ?? randomInt(2 ** 31);
  const startedAt = new Date(host.now()).toISOString();
  const path = await findScenario(nameOrPath, scenarioDirs(host.cwd));
  const make = (id: string): ExperimentState => ({
    schema: 1,
    id,
    // A name may come to mean another file, in another folder or with another version.
    scenario: isAbsolute(path) ? path : resolve(host.cwd, path),
    overrides: redactOverrides(overrides),
    fingerprint: fingerprintOf(written),
    sides: {
      a: { command: commands.a, label: options.labelA ?? defaultLabel(id, 'a') },
      b: { command: commands.b, label: options.labelB ?? defaultLabel(id, 'b') },
    },
    verify: options.verify ?? null,
    settleUs: options.settle,
    commandTimeoutUs: options.commandTimeout,
    // Decided once, so that every round has the same.
    workers: decideWorkers(options, scenario, host),
    engine: options.engine,
    rounds: options.rounds,
    seed,
    startedAt,
    steps: scheduleRounds(options.rounds, seed),
    process: markProcess(),
  });
  return {
    state: make(''),
    scenario,
    save: () => createExperiment(resultsDir(host, options.results), scenario.name, make),
  };
}

/** @throws UsageError where it is over, under way elsewhere, or would not be the same experiment any more */
export async function resumeExperiment(
  host: Host,
  nameOrPath: string | undefined,
  id: string,
  options: ExperimentOptions,
): Promise<BegunExperiment> {
  if (nameOrPath !== undefined || options.a !== undefined || options.b !== undefined) {
    throw new UsageError('--resume goes on with what the experiment is: it takes no scenario, --a or --b', {
      hint: 'begin a new experiment for another one',
    });
  }
  const results = resultsDir(host, options.results);
  const found = await findExperiment(id, results);
  if (isAlive(found.process)) {
    throw new EnvironmentError(`experiment ${found.id} is under way, as process ${found.process.pid}`, {
      hint: 'wait for it, or interrupt that process first',
    });
  }
  if (found.reactor === 'io_uring') {
    throw new UsageError(`experiment ${found.id} was begun on io_uring, which the raw engine no longer has`, {
      hint: 'begin it again: its rounds so far cannot be compared with others',
    });
  }
  const { set: given = [], ...others } = overridesOf(options, host);
  const kept = (found.overrides.set ?? []).filter((assignment) => !assignment.includes(REDACTED));
  if (kept.length + given.length < (found.overrides.set ?? []).length) {
    throw new UsageError(
      'this experiment was begun with a --set that holds a secret, which is kept nowhere',
      {
        hint: 'give the same --set again beside --resume',
      },
    );
  }
  const overrides = { ...found.overrides, ...others, set: [...kept, ...given] };
  const written = await loadScenario(found.scenario, scenarioDirs(host.cwd), overrides);
  if (fingerprintOf(written) !== found.fingerprint) {
    throw new UsageError(
      `this is not what experiment ${found.id} began with: ${found.scenario} or a flag differs`,
      {
        hint: 'put the scenario back as it was (a password in a URL has to be given again), or begin a new experiment',
      },
    );
  }
  const { scenario } = await fillProxies(host, { scenario: written, origins: [] });
  const state = { ...found, process: markProcess() };
  return {
    state,
    scenario,
    async save() {
      await saveExperiment(results, state);
      return state;
    },
  };
}

/** An experiment has to stay the same, whatever variables and files of defaults say by the time that it goes on. */
async function withDefaults(overrides: Overrides, nameOrPath: string, host: Host): Promise<Overrides> {
  const defaults = await readDefaults(host);
  const { origins } = await readScenario(nameOrPath, scenarioDirs(host.cwd), { ...overrides, defaults });
  return { ...overrides, ...Object.fromEntries(adopted(origins, defaults)) };
}

function overridesOf(options: ExperimentOptions, host: Host): Overrides {
  const { proxy, target, via, rate, duration, tcpTimestamps, set, ...others } = readOverrides(options, host);
  const { proxyUser, keytab, principal, service } = others;
  const network = { proxy, target, via, rate, duration, tcpTimestamps, set };
  return Object.fromEntries(
    Object.entries({ ...network, proxyUser, keytab, principal, service }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

/** As run.json keeps a command line. */
function redactOverrides(overrides: Overrides): Overrides {
  const { set, proxy, target } = overrides;
  return {
    ...overrides,
    ...(proxy === undefined ? {} : { proxy: redactEndpoint(proxy) }),
    ...(target === undefined ? {} : { target: redactEndpoint(target) }),
    ...(set === undefined
      ? {}
      : { set: set.map((assignment) => redactAssignment(assignment, readYamlValue)) }),
  };
}

function requireCommands({ a, b }: ExperimentOptions): { a: string; b: string } {
  if (a !== undefined && b !== undefined) return { a, b };
  throw new UsageError(
    `an experiment needs --a and --b${a === b ? '' : `: ${a === undefined ? '--a' : '--b'} is missing`}`,
    {
      hint: "the commands that switch between the two settings, such as --a 'ssh fw set-timer 1' --b 'ssh fw set-timer 60'",
    },
  );
}
