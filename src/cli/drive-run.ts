import { EXIT, type ExitCode } from '../errors.ts';
import { renderSummary } from '../render/summary.ts';
import { findPublicHosts } from '../run/safety.ts';
import type { FinishedRun, RunListener, RunOptions, RunPlan, Summary } from '../run/types.ts';
import type { Scenario } from '../scenario/types.ts';
import { requirePermission } from './allowed-hosts.ts';
import { redactCommand } from './command-line.ts';
import type { Context } from './context.ts';
import { wantsColour } from './host.ts';
import { createLiveView, type LiveView } from './live-view.ts';
import { resultsDir, type SharedRunOptions } from './run-options.ts';
import { shownPath } from './shown-path.ts';
import { InterruptedBeforeStart, watchSignals } from './stopping.ts';

/** Runs a scenario from permission to summary, and tells by the exit code how it went. */
export async function driveRun(
  context: Context,
  scenario: Scenario,
  options: SharedRunOptions,
): Promise<ExitCode> {
  if (options.dryRun === true) {
    const { printDryRun } = await import('./dry-run.ts');
    return printDryRun(context.host, scenario, options);
  }
  const view = createLiveView(context.host, options.quiet === true);
  try {
    const finished = await runToEnd(context, scenario, options, view);
    view.end();
    printSummary(context, finished, options.json === true);
    return exitCodeOf(finished.summary);
  } catch (error) {
    view.end();
    if (!(error instanceof InterruptedBeforeStart)) throw error;
    context.host.stderr.write('rushhour: interrupted before load started; there are no results\n');
    return EXIT.interrupted;
  }
}

/** Options that say how a run is done, and none of what is shown of it. */
export type RunFlags = Pick<
  SharedRunOptions,
  'label' | 'workers' | 'engine' | 'results' | 'iAmAllowedToTestThis'
>;

/**
 * Runs a scenario to its end, or to where signals end it.
 * @param planned called once the run has its folder, before load starts
 * @throws InterruptedBeforeStart
 */
export async function runToEnd(
  { host, services, args }: Pick<Context, 'host' | 'services' | 'args'>,
  scenario: Scenario,
  options: RunFlags,
  view: LiveView,
  planned: (plan: RunPlan) => void = () => {},
): Promise<FinishedRun> {
  const stopping = watchSignals(host, view.say);
  const runOptions: RunOptions = {
    scenario,
    label: options.label,
    workers: options.workers,
    engine: options.engine,
    resultsDir: resultsDir(host, options.results),
    command: redactCommand(args),
  };
  const listener: RunListener = {
    async approve(plan) {
      requirePermission(findPublicHosts(scenario, plan.arms), options.iAmAllowedToTestThis === true, host);
      if (stopping.requested) throw new InterruptedBeforeStart();
    },
    planned(plan) {
      view.planned(plan);
      planned(plan);
    },
    progress: view.progress,
    warning: (message) => view.say(`warning: ${message}`),
  };
  try {
    const handle = await Promise.race([services.startRun(runOptions, listener), stopping.impatient]);
    stopping.attach(handle);
    return await handle.finished;
  } finally {
    stopping.release();
  }
}

function printSummary({ host }: Context, { plan, summary }: FinishedRun, json: boolean): void {
  if (json) host.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const colour = wantsColour(host, host.stdout);
    host.stdout.write(
      renderSummary(summary, { colour, width: host.stdout.columns, dir: shownPath(plan.dir, host.cwd) }),
    );
  }
}

/** What a finished run comes to, for scripts and timers. A criterion that could not be judged is no verdict either. */
export function exitCodeOf({ run, verdict }: Summary): ExitCode {
  if (run.status === 'interrupted') return EXIT.interrupted;
  if (run.status === 'failed') return EXIT.internal;
  if (verdict.generatorLimited) return EXIT.generatorLimited;
  if (verdict.pass === false) return EXIT.criteriaFailed;
  return verdict.pass === null && verdict.criteria.length > 0 ? EXIT.generatorLimited : EXIT.ok;
}
