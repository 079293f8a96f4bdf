import { EXIT, type ExitCode } from '../errors.ts';
import { readTested } from '../read/run-tested.ts';
import { formatCommands } from '../render/firewall.ts';
import { renderSummary } from '../render/summary.ts';
import { secretsOf } from '../scenario/secret-places.ts';
import { shownPath } from '../scenario/shown-path.ts';
import type { Scenario } from '../scenario/types.ts';
import { formatDuration, formatRate } from '../scenario/units.ts';
import { decideWorkers } from '../session/load/decide-workers.ts';
import { findPublicHosts } from '../session/load/safety.ts';
import type {
  ChosenStage,
  FinishedRun,
  RunHandle,
  RunListener,
  RunOptions,
  Summary,
} from '../session/types.ts';
import type { SessionEvent } from '../store/session-events.ts';
import { requirePermission } from './allowed-hosts.ts';
import { redactCommand } from './command-line.ts';
import type { Context } from './context.ts';
import { type PeerOptions, readPeer } from './flags/peer-options.ts';
import { resultsDir, type SharedRunOptions } from './flags/run-options.ts';
import type { SinkFlags } from './flags/sink-flags.ts';
import { wantsColour } from './host.ts';
import { createLiveView, type LiveView } from './output/live-view.ts';
// Imported at the start: by the end of a run, an upgrade may have replaced the files.
import { reportError } from './output/report-error.ts';
import { createSinkEvents, openRunSinks } from './run-sinks.ts';
import { InterruptedBeforeStart, watchSignals } from './stopping.ts';

/** How to start a session: a run or a soak. */
export interface SessionStarter {
  readonly start: (options: RunOptions, listener: RunListener) => Promise<RunHandle>;
  /** Further listeners. */
  readonly listener?: RunListener;
  /** Interval of log lines, microseconds. */
  readonly logEveryUs?: number;
  /** Text to print below the summary. */
  readonly closing?: (finished: FinishedRun) => Promise<string>;
  /** Text to print instead of the summary, and of what would be below it. */
  readonly instead?: (finished: FinishedRun) => Promise<string>;
  /** The closing text takes the place of what the summary says of diagnosis, findings and arms. */
  readonly headOnly?: boolean;
}

/** Runs a scenario from permission to summary, and returns the exit code. */
export async function driveRun(
  context: Context,
  scenario: Scenario,
  options: SharedRunOptions & Pick<RunFlags, 'resume'>,
  starter: SessionStarter = { start: context.services.startSession },
): Promise<ExitCode> {
  if (options.dryRun === true) {
    const { printDryRun } = await import('./output/dry-run.ts');
    return printDryRun(context.host, scenario, options);
  }
  const view = createLiveView(context.host, options.quiet === true, starter.logEveryUs, options.origins);
  try {
    const finished = await runToEnd(context, scenario, options, view, starter);
    view.end();
    if (starter.instead === undefined) {
      await printSummary(context, finished, options.json === true, starter.headOnly === true);
      if (options.json !== true) context.host.stdout.write((await starter.closing?.(finished)) ?? '');
    } else context.host.stdout.write(await starter.instead(finished));
    const code = exitCodeOf(finished.summary);
    if (finished.unkept === undefined) return code;
    // Reported last, so that the verdict stands; it determines the exit code only if the verdict does not.
    const unkept = reportError(finished.unkept, context.host);
    return code === EXIT.ok ? unkept : code;
  } catch (error) {
    view.end();
    if (!(error instanceof InterruptedBeforeStart)) throw error;
    context.host.stderr.write('rushhour: interrupted before load started; there are no results\n');
    return EXIT.interrupted;
  }
}

/** Options for running, as opposed to display. */
export type RunFlags = Pick<
  SharedRunOptions,
  'label' | 'workers' | 'engine' | 'results' | 'iAmAllowedToTestThis' | 'look' | 'goOn'
> &
  SinkFlags &
  PeerOptions & {
    /** Resume an interrupted run. */
    readonly resume?: boolean;
  };

/**
 * Runs a scenario until it ends or signals end it.
 * @throws InterruptedBeforeStart
 */
export async function runToEnd(
  { host, args }: Pick<Context, 'host' | 'args'>,
  scenario: Scenario,
  options: RunFlags,
  view: LiveView,
  { start, listener: also = {} }: SessionStarter,
): Promise<FinishedRun> {
  const workers = decideWorkers(options, scenario, host);
  const results = resultsDir(host, options.results);
  const peer = readPeer(options, host);
  const sinkEvents = createSinkEvents();
  const sinks = await openRunSinks(host, {
    ...{ flags: options, scenario: scenario.name, label: options.label, results, say: view.say },
    onAway: sinkEvents.away,
  });
  const stopping = watchSignals(host, view.say);
  const runOptions: RunOptions = {
    scenario,
    label: options.label,
    workers,
    engine: options.engine,
    resultsDir: results,
    look: options.look === false ? 'off' : options.goOn === true ? 'go-on' : 'stop',
    command: await recordedCommand(args, scenario),
    ...(options.resume === true ? { resume: true } : {}),
    ...(peer === undefined ? {} : { peer }),
  };
  const listener: RunListener = {
    async approve(plan) {
      requirePermission(findPublicHosts(scenario, plan.arms), options.iAmAllowedToTestThis === true, host);
      if (stopping.requested) throw new InterruptedBeforeStart();
    },
    planned(plan, before) {
      view.planned(plan);
      sinks?.begin(plan, before);
      also.planned?.(plan);
    },
    ...(sinks === undefined ? {} : { second: (recorded) => sinks.second(recorded) }),
    asking: (spec) => {
      view.say('this machine runs these commands to query the firewall (--no-firewall skips them):');
      for (const line of formatCommands(spec)) view.say(`  ${line}`);
    },
    looking({ ratePerSec, forUs }, stop) {
      stopping.attach({ stop });
      view.say(
        `checking first: up to ${formatRate(ratePerSec)} for ${formatDuration(forUs)} (--no-look skips this check)`,
      );
    },
    looked: ({ attempts, completed }) =>
      view.say(`the check passed: ${completed} of ${attempts} attempts completed; starting the load`),
    progress: view.progress,
    chosen: (choice) => view.say(formatChoice(choice)),
    event: (event) => view.say(formatEvent(event)),
    ...(also.alive === undefined ? {} : { alive: also.alive }),
    joining: view.reading,
    warning: (message) => view.say(`warning: ${message}`),
  };
  try {
    const handle = await Promise.race([start(runOptions, listener), stopping.impatient]);
    sinkEvents.attach(handle);
    stopping.attach(handle);
    return await handle.finished;
  } finally {
    stopping.release();
    // A failing listener must not affect the verdict.
    await sinks?.finish().catch((error: Error) => view.say(`warning: sinks: ${error.message}`));
  }
}

async function printSummary(
  { host }: Context,
  { plan, summary }: FinishedRun,
  json: boolean,
  isHead: boolean,
): Promise<void> {
  if (json) host.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const colour = wantsColour(host, host.stdout);
    host.stdout.write(
      renderSummary(summary, {
        ...{ colour, width: host.stdout.columns, dir: shownPath(plan.dir, host.cwd), isHead },
        ...(await readTested(plan.dir)),
      }),
    );
  }
}

/** "arms chosen: 12 s: … (held 25/s, baseline-2 5/s)". */
function formatChoice({ arms, why, atSec }: ChosenStage): string {
  const at = `at ${Math.max(0, Math.round(atSec))} s`;
  if (arms === undefined) return `${at}: it ends: ${why}`;
  const list = arms.map(({ name, peakPerSec }) => `${name} ${formatRate(peakPerSec)}`).join(', ');
  return `${at}: ${why} (${list})`;
}

function formatEvent({ kind, fromSec, toSec, text }: SessionEvent): string {
  const at = `second ${fromSec}`;
  if (toSec === null) return `${at}: ${text}`;
  return toSec > fromSec && kind !== 'resumed' ? `${at} to ${toSec}: ${text}` : `${at}: ${text}`;
}

/**
 * The exit code of a finished run, for scripts and timers. If something could not be judged or measured, there is no
 * verdict.
 */
export function exitCodeOf({ run, verdict }: Summary): ExitCode {
  if (run.status === 'interrupted') return EXIT.interrupted;
  if (run.status === 'failed') return EXIT.internal;
  if (verdict.generatorLimited) return EXIT.generatorLimited;
  if (verdict.pass === false) return EXIT.criteriaFailed;
  const isDone = verdict.criteria.length === 0 && verdict.reasons.length === 0;
  return verdict.pass === null && !isDone ? EXIT.generatorLimited : EXIT.ok;
}

/** The command line for run.json, redacted with the secrets of the resulting scenario. */
async function recordedCommand(args: readonly string[], scenario: Scenario): Promise<string[]> {
  const secrets = secretsOf(scenario);
  // Loading the YAML parser takes a tenth of the start-up time; most command lines do not need it.
  if (!args.some((arg) => arg.startsWith('--set'))) return redactCommand(args, { secrets });
  const { readYamlValue } = await import('../scenario/yaml-value.ts');
  return redactCommand(args, { readYaml: readYamlValue, secrets });
}
