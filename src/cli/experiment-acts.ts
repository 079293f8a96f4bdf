import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Acts } from '../experiment/conduct.ts';
import { runShell, type ShellRun } from '../experiment/shell.ts';
import type { Scenario } from '../scenario/types.ts';
import {
  type ExperimentState,
  type ExperimentStep,
  experimentLog,
  saveExperiment,
} from '../store/experiment-file.ts';
import { changeNotes } from '../store/notes.ts';
import { readStoredSummary } from '../store/run-reader.ts';
import type { ExperimentOptions } from './begin-experiment.ts';
import type { Context } from './context.ts';
import { runToEnd } from './drive-run.ts';
import { createLiveView } from './live-view.ts';
import { resultsDir } from './run-options.ts';
import { InterruptedBeforeStart } from './stopping.ts';

/**
 * The acts of an experiment, done for real. A first signal lets a command or the run under way come to its end and starts
 * nothing more; a second ends either now.
 * @param again the command line that goes on with it
 */
export function createActs(
  { host, services }: Context,
  {
    id,
    sides,
    verify,
    settleUs,
    commandTimeoutUs,
    workers,
    engine,
    scenario: path,
    overrides,
  }: ExperimentState,
  scenario: Scenario,
  options: ExperimentOptions,
  again: string,
): Acts & { release(): void } {
  const results = resultsDir(host, options.results);
  const logFile = experimentLog(results, id);
  const wake = new AbortController();
  let command: ShellRun | undefined;
  let signals = 0;
  const say = (line: string): void => {
    if (options.quiet !== true) host.stderr.write(`rushhour: ${line}\n`);
  };
  const release = host.onStopSignal(() => {
    signals += 1;
    wake.abort();
    if (command === undefined) return;
    if (signals === 1) say('stopping once the command is done; once more (Ctrl-C) ends it now');
    else command.kill();
  });

  const perform = async (line: string, role: string, { side, round }: ExperimentStep): Promise<void> => {
    const env = { RUSHHOUR_EXPERIMENT: id, RUSHHOUR_SIDE: side, RUSHHOUR_ROUND: String(round) };
    const hint = `nothing was lost; mend it and go on: ${again} (all output is in ${logFile})`;
    command = runShell({ command: line, role, env, logFile, timeoutUs: commandTimeoutUs, hint });
    try {
      await command.finished;
    } finally {
      command = undefined;
    }
  };

  return {
    release,
    say,
    interrupted: () => signals > 0,
    now: () => new Date(host.now()),
    save: (state) => saveExperiment(results, state),
    switchTo: (step) => perform(sides[step.side].command, `the command of --${step.side}`, step),
    verify: (step) => perform(verify ?? 'true', 'the command of --verify', step),
    async settle() {
      // Aborted: there is nothing to wait for any more.
      await sleep(settleUs / 1_000, undefined, { signal: wake.signal }).catch(() => {});
    },
    async run({ side }, started) {
      const { label } = sides[side];
      const view = createLiveView(host, options.quiet === true);
      const args = runArguments(path, overrides, { label, workers, engine });
      // Both settings were measured so: a look now and then would not be the same for both.
      const flags = { ...options, label, workers, engine, look: false };
      let noted = Promise.resolve();
      try {
        const { summary, unkept } = await runToEnd({ host, args }, scenario, flags, view, {
          start: services.startRun,
          listener: {
            planned(plan) {
              noted = started(plan.id);
              // Awaited below; until then a failure has nobody to go to.
              noted.catch(() => {});
            },
          },
        });
        // What is compared is read from folders.
        if (unkept !== undefined) throw unkept;
        return summary.run.status === 'complete';
      } catch (error) {
        if (error instanceof InterruptedBeforeStart) return false;
        throw error;
      } finally {
        await noted;
        view.end();
      }
    },
    async isComplete(runId) {
      return (await readStoredSummary(join(results, runId)))?.run.status === 'complete';
    },
    async discard(runId, { side }) {
      say(`run ${runId} was cut short: it does not count`);
      // A comparison by label must not meet it. It may have been removed since.
      await changeNotes(join(results, runId), { label: `${sides[side].label} (cut short)` }).catch(() => {});
    },
  };
}

/** The command line of one run alone, for its run.json. */
function runArguments(
  path: string,
  {
    proxy,
    target,
    via,
    rate,
    duration,
    tcpTimestamps,
    keytab,
    principal = [],
    service,
    set = [],
  }: ExperimentState['overrides'],
  { label, workers, engine }: Pick<ExperimentState, 'workers' | 'engine'> & { label: string },
): string[] {
  const flags = Object.entries({
    proxy,
    target,
    via,
    rate,
    duration,
    'tcp-timestamps': tcpTimestamps,
    keytab,
    service,
    label,
  });
  return [
    'run',
    path,
    ...flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...principal.flatMap((name) => ['--principal', name]),
    ...set.flatMap((assignment) => ['--set', assignment]),
    ...['--workers', String(workers)],
    ...(engine === 'auto' ? [] : ['--engine', engine]),
  ];
}
