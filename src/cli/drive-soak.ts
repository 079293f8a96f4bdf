import { EXIT, type ExitCode, RushhourError } from '../errors.ts';
import { choosePruning } from '../read/choose-pruning.ts';
import { listRuns, type OnDamaged } from '../read/listing.ts';
import { groupRuns } from '../read/prunable.ts';
import type { Scenario } from '../scenario/types.ts';
import type { RunHandle } from '../session/types.ts';
import { finishRemovals, removeRun } from '../store/prune.ts';
import type { Context } from './context.ts';
import { driveRun } from './drive-run.ts';
import type { OverrideOptions } from './flags/override-options.ts';
import type { PacOptions } from './flags/pac-options.ts';
import { resultsDir, type SharedRunOptions } from './flags/run-options.ts';
import type { Host } from './host.ts';
import { createSpare } from './spare-runs.ts';

export interface SoakFlags extends SharedRunOptions, OverrideOptions, PacOptions {
  /** Microseconds. */
  readonly for: number;
  /** Microseconds. */
  readonly window: number;
  readonly resume?: boolean;
  readonly resumeOnly?: boolean;
  /** HH:MM, local time. */
  readonly onceAt?: string;
  readonly keepDays?: number;
  readonly keepBytes?: number;
}

/** Windows per log line: a night's journal need not list every minute. */
const LOG_EVERY_WINDOWS = 10;

/** Runs a soak from permission to summary, then removes old runs; returns the exit code. */
export async function driveSoak(context: Context, scenario: Scenario, flags: SoakFlags): Promise<ExitCode> {
  const { host, services } = context;
  if (flags.resumeOnly === true && !(await hasCutShort(context, scenario, flags))) {
    if (flags.quiet !== true) host.stderr.write('rushhour: no soak of this scenario was interrupted\n');
    return EXIT.ok;
  }
  if (flags.onceAt !== undefined && (await isSecondTime(context, scenario, flags, flags.onceAt))) {
    const { notify } = await import('../net/notify.ts');
    // systemd restarts a service that exits before it is ready, because it has failed.
    notify('READY=1');
    return EXIT.ok;
  }
  if (flags.dryRun === true) {
    const { stretchToSoak } = await import('../session/schedule.ts');
    return driveRun(context, stretchToSoak(scenario, flags.for), flags);
  }
  const { notify } = await import('../net/notify.ts');
  const say = (line: string): void => host.stderr.write(`rushhour: ${line}\n`);
  const exitCode = await driveRun(context, scenario, flags, {
    logEveryUs: flags.window * LOG_EVERY_WINDOWS,
    listener: { alive: () => notify('WATCHDOG=1') },
    async start(options, listener): Promise<RunHandle> {
      const { for: forUs, window, resume, resumeOnly } = flags;
      const handle = await services.startSession(
        {
          ...options,
          soak: { forUs, windowSec: window / 1_000_000 },
          resume: resume === true || resumeOnly === true,
        },
        listener,
      );
      notify('READY=1');
      return {
        ...handle,
        stop(how) {
          notify('STOPPING=1');
          handle.stop(how);
        },
      };
    },
  });
  if (flags.keepDays !== undefined || flags.keepBytes !== undefined) {
    await removeOldRuns(host, resultsDir(host, flags.results), flags, say);
  }
  return exitCode;
}

async function hasCutShort({ host }: Context, scenario: Scenario, flags: SoakFlags): Promise<boolean> {
  const [{ findCutShort }, { stretchToSoak }, { fingerprintOf }] = await Promise.all([
    import('../session/find-cut-short.ts'),
    import('../session/schedule.ts'),
    import('../store/experiment-file.ts'),
  ]);
  const fingerprint = fingerprintOf(stretchToSoak(scenario, flags.for));
  return (
    (await findCutShort(resultsDir(host, flags.results), { fingerprint, kind: 'soak' }, host.now())) !==
    undefined
  );
}

/** Whether a soak already started at the first of two equal clock times; an interrupted one is resumed. */
async function isSecondTime(
  context: Context,
  scenario: Scenario,
  flags: SoakFlags,
  at: string,
): Promise<boolean> {
  const { host } = context;
  const [{ findEarlierStart: findBegunBefore }, { localZone }] = await Promise.all([
    import('../service/earlier-start.ts'),
    import('../service/clock-changes.ts'),
  ]);
  const night = { at, scenario: scenario.name, label: flags.label, results: resultsDir(host, flags.results) };
  const before = await findBegunBefore(night, localZone(), host.now());
  if (before === undefined || (flags.resume === true && (await hasCutShort(context, scenario, flags)))) {
    return false;
  }
  host.stderr.write(
    `rushhour: the clocks go back and ${at} occurs twice: this soak has already started (${before.id}), so it does not start again\n`,
  );
  return true;
}

const DAY_MS = 86_400_000;

/**
 * Removes runs that are too old, and the oldest of those that take up too much space. Never throws, because it must
 * not end a soak.
 */
async function removeOldRuns(
  host: Host,
  results: string,
  { keepDays, keepBytes }: { readonly keepDays?: number; readonly keepBytes?: number },
  say: (line: string) => void,
): Promise<void> {
  const beforeMs = keepDays === undefined ? undefined : host.now() - keepDays * DAY_MS;
  try {
    await finishRemovals(results);
    const spare = await createSpare(
      results,
      { notedGo: false, unsentGo: false, nowMs: host.now() },
      ({ path, why }) => say(`${path} is damaged: ${why}`),
    );
    const told: OnDamaged = ({ dir, why }) => say(`${dir} is skipped: ${why}`);
    const all = await listRuns(results, told);
    const runs = await groupRuns(results, all, all, true);
    const { remove } = choosePruning(runs, { beforeMs, maxBytes: keepBytes }, spare);
    for (const { dirs } of remove) for (const dir of dirs) await removeRun({ dir });
    if (remove.length > 0) say(`removed ${remove.length} old ${remove.length === 1 ? 'run' : 'runs'}`);
  } catch (error) {
    if (!(error instanceof RushhourError)) throw error;
    say(`could not remove old runs: ${error.message}`);
  }
}
