import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStoredSummary } from '../read/summary.ts';
import {
  type ExperimentState,
  type ExperimentStep,
  experimentLog,
  saveExperiment,
} from '../store/experiment-file.ts';
import { changeNotes } from '../store/notes.ts';
import type { ExperimentActions } from './conduct.ts';
import { runShell, type ShellRun } from './shell.ts';

/** What an experiment needs in order to act. */
export interface ExperimentContext {
  readonly resultsDir: string;
  /** The command line that resumes it. */
  readonly again: string;
  say(line: string): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls the listener for each signal; returns what puts things back. */
  onStopSignal(listener: () => void): () => void;
  /**
   * Does one run.
   * @param args its command line, for run.json
   * @param started receives its id before load begins
   * @returns whether it is complete
   */
  run(label: string, args: readonly string[], started: (runId: string) => void): Promise<boolean>;
}

/**
 * Carries out the steps of an experiment. A first signal lets the current command or run finish and starts nothing
 * more; a second ends it at once.
 */
export function createActions(
  { id, sides, verify, settleUs, commandTimeoutUs, workers, engine, scenario, overrides }: ExperimentState,
  { resultsDir: results, again, say, now, onStopSignal, run }: ExperimentContext,
): ExperimentActions & { release(): void } {
  const logFile = experimentLog(results, id);
  const wake = new AbortController();
  let command: ShellRun | undefined;
  let signals = 0;
  const release = onStopSignal(() => {
    signals += 1;
    wake.abort();
    if (command === undefined) return;
    if (signals === 1) say('stopping when the command is done; press Ctrl-C again to end it now');
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
    now: () => new Date(now()),
    save: (state) => saveExperiment(results, state),
    switchTo: (step) => perform(sides[step.side].command, `the command of --${step.side}`, step),
    verify: (step) => perform(verify ?? 'true', 'the command of --verify', step),
    async settle() {
      // Aborted: there is nothing to wait for any more.
      await sleep(settleUs / 1_000, undefined, { signal: wake.signal }).catch(() => {});
    },
    async run({ side }, started) {
      const { label } = sides[side];
      const args = runArguments(scenario, overrides, { label, workers, engine });
      let noted = Promise.resolve();
      try {
        return await run(label, args, (runId) => {
          noted = started(runId);
          // Awaited below; until then a rejection would be unhandled.
          noted.catch(() => {});
        });
      } finally {
        await noted;
      }
    },
    async isComplete(runId) {
      return (await readStoredSummary(join(results, runId)))?.run.status === 'complete';
    },
    async discard(runId, { side }) {
      say(`run ${runId} was interrupted and does not count`);
      // A comparison by label must not meet it. It may have been removed since.
      await changeNotes(join(results, runId), { label: `${sides[side].label} (cut short)` }).catch(() => {});
    },
  };
}

/** The command line of a single run, for its run.json. */
function runArguments(
  path: string,
  {
    proxy,
    target,
    via,
    prefer,
    addresses,
    client,
    rate,
    duration,
    tcpTimestamps,
    capture,
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
    prefer,
    addresses,
    client,
    rate,
    duration,
    'tcp-timestamps': tcpTimestamps,
    capture,
    keytab,
    service,
    label,
  });
  return [
    'run',
    path,
    ...flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...principal.flatMap((name) => ['--principal', name]),
    ...set.flatMap((assignment) => ['--set', assignment]),
    ...['--workers', String(workers)],
    ...(engine === 'auto' ? [] : ['--engine', engine]),
  ];
}
