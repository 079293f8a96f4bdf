import { type Command, Option } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { ExperimentState } from '../../store/experiment-file.ts';
import type { Context } from '../context.ts';
import { addBesideOptions, type BesideOptions } from '../flags/beside-options.ts';
import { addOverrideOptions, type OverrideOptions, readOverrides } from '../flags/override-options.ts';
import { addSharedRunOptions, resultsDir, type SharedRunOptions } from '../flags/run-options.ts';
import { parseCount, parseDurationUs, parseSeed } from '../flags/values.ts';

interface ExperimentOptions extends SharedRunOptions, OverrideOptions, BesideOptions {
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

export function registerExperiment(program: Command, context: Context): void {
  const command = program
    .command('experiment')
    .description(
      'Run a scenario under two settings of the firewall, in random order within each round, and compare them, so that drift over the day affects both equally.',
    )
    .argument('[scenario]', 'name or path of a scenario; not with --resume')
    .option('--a <command>', 'shell command that applies the first setting ("before")')
    .option('--b <command>', 'shell command that applies the second setting ("after")')
    .option(
      '--label-a <text>',
      'label of runs under the first setting (default: the experiment’s id and "a")',
    )
    .option('--label-b <text>', 'label of runs under the second setting (default: the id and "b")')
    .option('--rounds <n>', 'number of rounds, each with one run per setting', parseCount, 6)
    .addOption(timeOption('--settle <time>', 'time to wait after each switch', '10s'))
    .option('--verify <command>', 'shell command that must exit with 0 before each run')
    .addOption(timeOption('--command-timeout <time>', 'time limit for each command', '5m'))
    .option('--seed <n>', 'seed of the order (default: random, and recorded)', parseSeed)
    .option('--resume <id>', 'resume an interrupted experiment');
  addBesideOptions(addSharedRunOptions(addOverrideOptions(command)))
    .addHelpText(
      'after',
      `
Examples:
  rushhour experiment nat-recycle --proxy proxy.example:3128 --target http://www.example.org/ \\
    --a 'ssh fw "set timer 1"' --b 'ssh fw "set timer 60"' --label-a "timer 1 s" --label-b "timer 60 s" --rounds 6
  rushhour experiment steady --a ./before.sh --b ./after.sh --verify ./check.sh --settle 90s --dry-run
  rushhour experiment --resume 20250131-060000-steady

The commands get RUSHHOUR_SIDE (a or b), RUSHHOUR_ROUND and RUSHHOUR_EXPERIMENT in their environment. Ctrl-C ends
the current run, or waits for the current command; --resume repeats that step. The exit codes are those of compare, and 5
if a command fails.
See docs/experiments.md for details.`,
    )
    .action(
      context.act((scenario: string | undefined, options: ExperimentOptions) =>
        experiment(context, scenario, options),
      ),
    );
}

/** @param byDefault as help shows it */
function timeOption(flags: string, does: string, byDefault: string): Option {
  return new Option(flags, does).argParser(parseDurationUs).default(parseDurationUs(byDefault), byDefault);
}

async function experiment(
  context: Context,
  nameOrPath: string | undefined,
  options: ExperimentOptions,
): Promise<ExitCode> {
  if (options.label !== '') {
    throw new UsageError('an experiment has a label for each side, so it takes no --label', {
      hint: 'use --label-a and --label-b',
    });
  }
  const { beginExperiment, resumeExperiment } = await import('../../experiment/begin.ts');
  const { host } = context;
  const request = {
    ...options,
    overrides: readOverrides(options, host),
    resultsDir: resultsDir(host, options.results),
  };
  const begun =
    options.resume === undefined
      ? await beginExperiment(host, nameOrPath, request)
      : await resumeExperiment(host, nameOrPath, options.resume, request);
  if (options.dryRun === true) return printSchedule(context, begun.state, begun.scenario, options);
  return carryOut(context, await begun.save(), begun.scenario, options);
}

async function carryOut(
  context: Context,
  begun: ExperimentState,
  scenario: Scenario,
  options: ExperimentOptions,
): Promise<ExitCode> {
  const [{ conductExperiment, describeSide, finishedRuns }, { createActions }] = await Promise.all([
    import('../../experiment/conduct.ts'),
    import('../../experiment/actions.ts'),
  ]);
  const { host } = context;
  const again = `rushhour experiment --resume ${begun.id}${options.results === undefined ? '' : ` --results ${options.results}`}`;
  const acts = createActions(begun, {
    ...{
      resultsDir: resultsDir(host, options.results),
      again,
      now: host.now,
      onStopSignal: host.onStopSignal,
    },
    say(line) {
      if (options.quiet !== true) host.stderr.write(`rushhour: ${line}\n`);
    },
    run: (label, args, started) =>
      runOnce(
        { ...context, args },
        scenario,
        { ...options, workers: begun.workers, engine: begun.engine, label },
        started,
      ),
  });
  acts.say(`experiment ${begun.id}: ${begun.steps.length} runs; if it is interrupted, resume with: ${again}`);
  let ended: ExperimentState;
  try {
    ended = await conductExperiment(begun, acts);
  } finally {
    acts.release();
  }
  // A step whose run was interrupted waits again, but its switch was made.
  const last = ended.steps.findLast(({ state, cut }) => state !== 'waiting' || cut.length > 0);
  if (last !== undefined) acts.say(`the last switch was to ${describeSide(ended, last.side)}`);
  if (ended.endedAt === undefined) {
    const done = ended.steps.filter(({ state }) => state === 'done').length;
    host.stderr.write(
      `rushhour: interrupted after ${done} of ${ended.steps.length} runs; resume with: ${again}\n`,
    );
    return EXIT.interrupted;
  }
  const { compare } = await import('./compare.ts');
  const { a, b } = finishedRuns(ended);
  return compare(context, a.join(','), b.join(','), {
    results: resultsDir(host, options.results),
    ...(options.json === true ? { json: true } : {}),
  });
}

/**
 * One run of it.
 * @returns whether it is complete
 */
async function runOnce(
  { host, services, args }: Pick<Context, 'host' | 'services' | 'args'>,
  scenario: Scenario,
  options: ExperimentOptions,
  started: (runId: string) => void,
): Promise<boolean> {
  const [{ runToEnd }, { createLiveView }, { InterruptedBeforeStart }] = await Promise.all([
    import('../drive-run.ts'),
    import('../output/live-view.ts'),
    import('../stopping.ts'),
  ]);
  const view = createLiveView(host, options.quiet === true);
  // Both settings are measured without a pre-load check, which might pass for one and not for the other.
  const flags = { ...options, look: false, resume: false };
  try {
    const { summary, unkept } = await runToEnd({ host, args }, scenario, flags, view, {
      start: services.startSession,
      listener: { planned: (plan) => started(plan.id) },
    });
    // The comparison reads the runs' folders.
    if (unkept !== undefined) throw unkept;
    return summary.run.status === 'complete';
  } catch (error) {
    if (error instanceof InterruptedBeforeStart) return false;
    throw error;
  } finally {
    view.end();
  }
}

async function printSchedule(
  { host }: Context,
  state: ExperimentState,
  scenario: Scenario,
  options: ExperimentOptions,
): Promise<ExitCode> {
  const [{ renderSchedule }, { printDryRun }] = await Promise.all([
    import('../../render/schedule.ts'),
    import('../output/dry-run.ts'),
  ]);
  host.stdout.write(renderSchedule(state, host.stdout.columns));
  return printDryRun(host, scenario, options);
}
