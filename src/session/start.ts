import { EnvironmentError, UsageError } from '../errors.ts';
import { fingerprintOf } from '../store/experiment-file.ts';
import { acquireLock, type LockHolder } from '../store/lock.ts';
import { openFirewall } from './ask-firewall.ts';
import { begin } from './begin.ts';
import { conduct } from './conduct.ts';
import { provideFarEnd } from './embedded-far-end.ts';
import { findCutShort } from './find-cut-short.ts';
import { openClocks } from './host/read-clocks.ts';
import { Inquiry } from './inquiry.ts';
import { watchForLoss } from './loss.ts';
import { openFarSide } from './open-far-side.ts';
import type { OpenedSession, SessionOpening } from './opened-session.ts';
import { resumeRun, resumeSoak } from './resume.ts';
import { stretchToSoak } from './schedule.ts';
import { shelter } from './sheltered-listener.ts';
import type { RunHandle, RunListener, RunOptions } from './types.ts';
import { Undo } from './undo.ts';

/**
 * Starts a run or a soak, or resumes one that was interrupted. If it fails, nothing is left behind.
 * @throws UsageError if the scenario cannot last as long as the soak, or there is no run to resume
 * @throws EnvironmentError if something that it needs is missing, or another soak is running
 */
export async function startSession(options: RunOptions, unsheltered: RunListener): Promise<RunHandle> {
  const listener = shelter(unsheltered);
  const { soak, resultsDir } = options;
  const undo = new Undo();
  const loss = watchForLoss();
  const clocks = openClocks();
  undo.push(async () => clocks.close());
  const opening: SessionOpening = { listener, clocks, undo };
  try {
    checkAdaptiveUse(options);
    const inquiry = options.scenario.adaptive === undefined ? undefined : await Inquiry.open(options);
    const whole =
      soak === undefined ? (inquiry?.first ?? options.scenario) : stretchToSoak(options.scenario, soak.forUs);
    const lock = soak === undefined ? undefined : await acquireLock(resultsDir, whole.name);
    if (lock !== undefined) undo.push(() => lock.release());
    const fingerprint = fingerprintOf(inquiry === undefined ? whole : options.scenario);
    const cut = options.resume === true ? await findInterrupted(options, fingerprint) : undefined;
    if (cut !== undefined && soak === undefined) {
      const own = await acquireLock(cut, whole.name, isBeingResumed);
      undo.push(() => own.release());
    }
    const farSide = await openFarSide({ ...options, scenario: whole }, listener);
    undo.push(async () => farSide?.close());
    const scenario = await provideFarEnd(whole, undo, loss.happens);
    const given = {
      ...options,
      scenario,
      ...(farSide && { witness: farSide.witness }),
      ...(inquiry && { mostUs: inquiry.budgetUs, controls: inquiry.controls }),
    };
    const opened =
      cut === undefined
        ? await begin(given, fingerprint, opening)
        : soak === undefined
          ? askAgain(await resumeRun(cut, given, opening), given, opening)
          : askAgain(await resumeSoak(cut, { ...given, soak }, opening), given, opening);
    const { id, startedAt } = opened.writer.info;
    const endsAt = new Date(Date.parse(startedAt) + (soak?.forUs ?? 0) / 1_000).toISOString();
    await lock?.describe({ runId: id, endsAt });
    farSide?.keep(opened.writer.dir);
    return conduct(opened, given, { listener, loss, undo, farSide, inquiry });
  } catch (error) {
    await undo.run();
    throw error;
  }
}

/** @throws UsageError if a run that chooses its arms is to last, or to be resumed */
function checkAdaptiveUse({ scenario, soak, resume }: RunOptions): void {
  if (scenario.adaptive === undefined || (soak === undefined && resume !== true)) return;
  throw new UsageError(
    `scenario ${scenario.name} chooses its arms from what it has just seen: it can neither be resumed nor soak`,
    { hint: `start it anew: rushhour run ${scenario.name}` },
  );
}

/** Asks the firewall again for a resumed session; its answer from before the load is already on disk. */
function askAgain(
  opened: OpenedSession,
  { scenario }: RunOptions,
  { listener, undo }: SessionOpening,
): OpenedSession {
  const firewall = openFirewall(scenario, listener, undo);
  firewall?.begin(opened.writer.dir);
  return firewall === undefined ? opened : { ...opened, firewall };
}

function isBeingResumed({ what, process: { pid } }: LockHolder): EnvironmentError {
  return new EnvironmentError(`the interrupted run of ${what} is already being resumed (process ${pid})`, {
    hint: 'wait for it to end, or start a new run without --resume',
  });
}

/** @returns undefined if there is no soak to resume, so that a new one begins */
async function findInterrupted(
  { soak, resultsDir }: RunOptions,
  fingerprint: string,
): Promise<string | undefined> {
  const kind = soak === undefined ? 'run' : 'soak';
  const cut = await findCutShort(resultsDir, { fingerprint, kind }, Date.now());
  if (cut !== undefined || soak !== undefined) return cut;
  throw new UsageError(`no run of this scenario in ${resultsDir} was interrupted within the last day`, {
    hint: 'use the same scenario and flags as the interrupted run (a different --rate makes it another scenario), or start a new run without --resume',
  });
}
