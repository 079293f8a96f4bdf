import { randomInt } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../errors.ts';
import { redactAssignment } from '../scenario/assignment.ts';
import { type DefaultPlaces, readDefaults, usedDefaults } from '../scenario/defaults.ts';
import { findScenario, scenarioDirs } from '../scenario/find.ts';
import { loadScenario, readScenario } from '../scenario/load.ts';
import type { Overrides } from '../scenario/overrides.ts';
import { REDACTED, redactEndpoint } from '../scenario/secrets.ts';
import type { Scenario } from '../scenario/types.ts';
import { readYamlValue } from '../scenario/yaml-value.ts';
import { decideWorkers } from '../session/load/decide-workers.ts';
import { fillProxies } from '../session/load/fill-proxies.ts';
import {
  createExperiment,
  type ExperimentState,
  findExperiment,
  fingerprintOf,
  saveExperiment,
} from '../store/experiment-file.ts';
import { isAlive, markProcess } from '../store/process-mark.ts';
import { defaultLabel } from './conduct.ts';
import { scheduleRounds } from './schedule.ts';

/** What an experiment is started or resumed with. */
export interface ExperimentRequest {
  /** Shell commands that switch to either setting. */
  readonly a?: string | undefined;
  readonly b?: string | undefined;
  readonly labelA?: string | undefined;
  readonly labelB?: string | undefined;
  readonly rounds: number;
  /** Microseconds, as `commandTimeout`. */
  readonly settle: number;
  readonly verify?: string | undefined;
  readonly commandTimeout: number;
  /** Absent: one is drawn. */
  readonly seed?: number | undefined;
  readonly workers: number | 'auto';
  readonly engine: ExperimentState['engine'];
  /** What flags change in the scenario. */
  readonly overrides: Overrides;
  readonly resultsDir: string;
}

/** Where it is started. */
export interface ExperimentPlace extends DefaultPlaces {
  readonly cores: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** An experiment that is about to begin, or to go on; nothing is written until `save`. */
export interface PreparedExperiment {
  readonly state: ExperimentState;
  readonly scenario: Scenario;
  save(): Promise<ExperimentState>;
}

/** @throws UsageError where the command line lacks something, or the scenario has mistakes */
export async function beginExperiment(
  place: ExperimentPlace,
  nameOrPath: string | undefined,
  options: ExperimentRequest,
): Promise<PreparedExperiment> {
  if (nameOrPath === undefined) {
    throw new UsageError('an experiment needs a scenario', {
      hint: 'rushhour scenarios lists the available ones',
    });
  }
  const commands = requireCommands(options);
  const overrides = await withDefaults(keep(options.overrides), nameOrPath, place);
  const written = await loadScenario(nameOrPath, scenarioDirs(place.cwd), overrides);
  const { scenario } = await fillProxies(place, { scenario: written, origins: [] });
  const seed = options.seed ?? randomInt(2 ** 31);
  const startedAt = new Date(place.now()).toISOString();
  const path = await findScenario(nameOrPath, scenarioDirs(place.cwd));
  const make = (id: string): ExperimentState => ({
    schema: 1,
    id,
    // Later, the name may lead to another file, in another folder or of another version.
    scenario: isAbsolute(path) ? path : resolve(place.cwd, path),
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
    workers: decideWorkers(options, scenario, place),
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
    save: () => createExperiment(options.resultsDir, scenario.name, make),
  };
}

/** @throws UsageError if it is over, in progress elsewhere, or would no longer be the same experiment */
export async function resumeExperiment(
  place: ExperimentPlace,
  nameOrPath: string | undefined,
  id: string,
  options: ExperimentRequest,
): Promise<PreparedExperiment> {
  if (nameOrPath !== undefined || options.a !== undefined || options.b !== undefined) {
    throw new UsageError('--resume continues the experiment as it is: it takes no scenario, --a or --b', {
      hint: 'start a new experiment to change them',
    });
  }
  const results = options.resultsDir;
  const found = await findExperiment(id, results);
  if (isAlive(found.process)) {
    throw new EnvironmentError(`experiment ${found.id} is in progress, as process ${found.process.pid}`, {
      hint: 'wait for it, or interrupt that process first',
    });
  }
  if (found.reactor === 'io_uring') {
    throw new UsageError(
      `experiment ${found.id} was started with io_uring, which the raw engine no longer supports`,
      {
        hint: 'start it again: its rounds so far cannot be compared with others',
      },
    );
  }
  const { set: given = [], ...others } = keep(options.overrides);
  const kept = (found.overrides.set ?? []).filter((assignment) => !assignment.includes(REDACTED));
  if (kept.length + given.length < (found.overrides.set ?? []).length) {
    throw new UsageError(
      'this experiment was started with a --set that contains a secret, which is stored nowhere',
      {
        hint: 'give the same --set again with --resume',
      },
    );
  }
  const overrides = { ...found.overrides, ...others, set: [...kept, ...given] };
  const written = await loadScenario(found.scenario, scenarioDirs(place.cwd), overrides);
  if (fingerprintOf(written) !== found.fingerprint) {
    throw new UsageError(
      `experiment ${found.id} was started differently: ${found.scenario} or a flag has changed`,
      {
        hint: 'restore the scenario (a password in a URL must be given again), or start a new experiment',
      },
    );
  }
  const { scenario } = await fillProxies(place, { scenario: written, origins: [] });
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
async function withDefaults(
  overrides: Overrides,
  nameOrPath: string,
  place: ExperimentPlace,
): Promise<Overrides> {
  const defaults = await readDefaults(place);
  const { origins } = await readScenario(nameOrPath, scenarioDirs(place.cwd), { ...overrides, defaults });
  return { ...overrides, ...Object.fromEntries(usedDefaults(origins, defaults)) };
}

/** Flags that an experiment keeps, so that each of its runs has them. */
const KEPT = [
  ...(['proxy', 'target', 'via', 'prefer', 'addresses', 'client', 'rate', 'duration'] as const),
  ...(['emulate', 'interface', 'tcpTimestamps', 'capture', 'set'] as const),
  ...(['firewall', 'marker', 'ping'] as const),
  ...(['proxyUser', 'keytab', 'principal', 'service'] as const),
] satisfies readonly (keyof Overrides)[];

function keep(overrides: Overrides): Overrides {
  return Object.fromEntries(
    KEPT.flatMap((key) => (overrides[key] === undefined ? [] : [[key, overrides[key]]])),
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

function requireCommands({ a, b }: ExperimentRequest): { a: string; b: string } {
  if (a !== undefined && b !== undefined) return { a, b };
  throw new UsageError(
    `an experiment needs --a and --b${a === b ? '' : `: ${a === undefined ? '--a' : '--b'} is missing`}`,
    {
      hint: "the commands that switch between the two settings, such as --a 'ssh fw set-timer 1' --b 'ssh fw set-timer 60'",
    },
  );
}
