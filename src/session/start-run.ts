import { type EnvironmentError, EXIT, RushhourError } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import { createRun, type RunWriter } from '../store/run-writer.ts';
import { provideFarEnd } from './embedded-far-end.ts';
import { describeExhaustion } from './load/exhaustion.ts';
import { describeLoad, type Load, openLoad } from './load/load.ts';
import { lookFirst } from './look.ts';
import { Recording } from './recording.ts';
import { shelter } from './sheltered-listener.ts';
import type { FinishedRun, RunHandle, RunListener, RunOptions, RunPlan } from './types.ts';

/** Between "ready" and the first attempt: every shard must have heard of it by then. */
const START_AHEAD_MS = 100;

/**
 * Starts a run: far end, names, threads, a look whether anything answers, the folder, and then the load.
 * @throws EnvironmentError where something that it needs is missing; nothing is left behind then
 */
export async function startRun(options: RunOptions, told: RunListener): Promise<RunHandle> {
  const listener = shelter(told);
  const undo: (() => Promise<void>)[] = [];
  const cleanUp = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  const loss = watchForLoss();
  try {
    const scenario = await provideFarEnd(options.scenario, undo, loss.happens);
    const look = await lookFirst(scenario, options, listener);
    const load = await openLoad({ ...options, scenario, asksFirst: true }, listener, undo);
    const startsAtMs = Date.now() + START_AHEAD_MS;
    const writer = await createRun(
      options.resultsDir,
      {
        ...describeLoad(load, { ...options, scenario }, startsAtMs),
        ...(look === undefined ? {} : { look }),
      },
      (message) => listener.warning?.(message),
    );
    const plan = describePlan(writer, load);
    const recording = new Recording({
      writer,
      shards: options.workers,
      schedule: scheduleOf(plan),
      takeTokens: load.takeTokens,
      takeLocalDrops: load.takeLocalDrops,
      onProgress: (progress) => listener.progress?.(progress),
      onSecond: listener.second?.bind(listener),
    });
    listener.planned?.(plan);
    load.start(startsAtMs, (message) => recording.receive(message));
    return handleOf({ plan, scenario, load, recording, loss }, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function describePlan({ info, dir }: RunWriter, load: Load): RunPlan {
  return {
    id: info.id,
    dir,
    engine: info.engine,
    readsTcpInfo: info.stallsByTcpInfo,
    workers: info.workers,
    arms: load.outlines,
    durationUs: load.durationUs,
  };
}

function scheduleOf({ durationUs, arms }: RunPlan): {
  durationUs: number | undefined;
  attempts: number | undefined;
} {
  const counts = arms.map(({ attempts }) => attempts);
  const attempts = counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
  return { durationUs, attempts };
}

interface StartedRun {
  readonly plan: RunPlan;
  readonly scenario: Scenario;
  readonly load: Load;
  readonly recording: Recording;
  readonly loss: Loss;
}

/** Something that the load needs went away. */
export interface Loss {
  /** The first that was; undefined as long as all is there. */
  readonly why: EnvironmentError | undefined;
  happens(why: EnvironmentError): void;
  /** @param act called once something is lost, at once where it is already */
  onceLost(act: () => void): void;
}

export function watchForLoss(): Loss {
  let why: EnvironmentError | undefined;
  let act: () => void = () => {};
  return {
    get why() {
      return why;
    },
    happens(error) {
      why ??= error;
      act();
    },
    onceLost(acting) {
      act = acting;
      if (why !== undefined) act();
    },
  };
}

function handleOf(
  { plan, scenario, load, recording, loss }: StartedRun,
  cleanUp: () => Promise<void>,
): RunHandle {
  let isStopped = false;
  loss.onceLost(() => load.stop('abort'));
  const finish = async (): Promise<FinishedRun> => {
    try {
      const fault = await load.finished.then(
        () => loss.why,
        (error: unknown) => error,
      );
      const isCutShort = isStopped || recording.hasGivenUp;
      const status = fault !== undefined ? 'failed' : isCutShort ? 'interrupted' : 'complete';
      let unkept: RushhourError | undefined;
      const summary = await recording.finish(scenario, status, (why) => {
        unkept = why;
      });
      if (fault !== undefined) throw workerFault(fault, plan.dir);
      return { plan, summary, ...(unkept === undefined ? {} : { unkept }) };
    } finally {
      await cleanUp();
    }
  };
  return {
    plan,
    stop(how) {
      isStopped = true;
      recording.isStopping = true;
      load.stop(how);
    },
    finished: finish(),
  };
}

/** @param dir of the run */
export function workerFault(fault: unknown, dir: string): RushhourError {
  const cause = describeExhaustion(fault) ?? fault;
  if (cause instanceof RushhourError) {
    const hint = [cause.hint, `what was recorded until then is in ${dir}`].filter(Boolean).join('; ');
    return new RushhourError(cause.message, cause.exitCode, { hint, cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RushhourError(`a worker failed: ${why}`, EXIT.internal, {
    hint: `what was recorded until then is in ${dir}`,
    cause,
  });
}
