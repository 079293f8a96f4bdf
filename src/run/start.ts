import { gatherHostFacts } from '../doctor/gather.ts';
import type { HostFacts } from '../doctor/types.ts';
import { EXIT, RushhourError } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { NatInfo } from '../store/run-info.ts';
import { createRun, type RunWriter } from '../store/run-writer.ts';
import type { PlannedArm } from '../worker/protocol.ts';
import { readCredentials } from './credentials.ts';
import { provideFarEnd } from './embedded-far-end.ts';
import { chooseEngine } from './engine-choice.ts';
import type { ShardGroup } from './executor.ts';
import { describeSources, outlineArm, scheduleUs } from './outline.ts';
import { checkPortPreservation, combine } from './port-preservation.ts';
import { checkOverlaps, checkReachable, checkSources } from './preflight.ts';
import { Recording } from './recording.ts';
import { resolveArms } from './resolve.ts';
import { planShards } from './shards.ts';
import { describeSynSchedule } from './syn-schedule.ts';
import { setTcpTimestamps } from './tcp-timestamps.ts';
import { executeInThreads } from './thread-executor.ts';
import { openTokenSource, type TokenSource } from './token-source.ts';
import type { ArmOutline, FinishedRun, RunHandle, RunListener, RunOptions, RunPlan } from './types.ts';
import { readVersions } from './versions.ts';

/** Between "ready" and the first attempt: every shard must have heard of it by then. */
const START_AHEAD_MS = 100;

/** How long the start waits for the stocks of tokens to be filled: a KDC that slow is for the run itself to show. */
const FILL_MS = 10_000;

/** Open files to reckon with where the limit is not known. */
const DEFAULT_DESCRIPTORS = 1_024;

/**
 * Starts a run: far end, names, threads, a look whether anything answers, the folder, and then the load.
 * @throws EnvironmentError where something that it needs is missing; nothing is left behind then
 */
export async function startRun(options: RunOptions, listener: RunListener): Promise<RunHandle> {
  const undo: (() => Promise<void>)[] = [];
  const cleanUp = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const scenario = await provideFarEnd(options.scenario, undo);
    const resolved = await resolveArms(scenario);
    const outlines = resolved.map(outlineArm);
    await listener.approve?.({ arms: outlines });
    const arms = await readCredentials(resolved);
    if (scenario.tcpTimestamps !== undefined) undo.push(await setTcpTimestamps(scenario.tcpTimestamps));
    const host = await gatherHostFacts();
    checkSources(arms, host);
    checkOverlaps(arms);
    await checkReachable(arms, (message) => listener.warning?.(message));
    const tokens = await openTokenSource(arms, (message) => listener.warning?.(message));
    if (tokens !== undefined) undo.push(() => tokens.close());
    const nat = combine(await Promise.all(arms.filter(isSweep).map(checkPortPreservation)));
    if (nat !== undefined && nat.ports !== 'preserved') listener.warning?.(wordNat(nat));
    const run = await prepare(
      { ...options, scenario },
      { host, nat, tokens },
      arms,
      outlines,
      listener,
      undo,
    );
    listener.planned?.(run.plan);
    return launch(run, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function isSweep({ arm }: PlannedArm): boolean {
  return arm.load.kind === 'sweep';
}

function wordNat({ ports, because }: NatInfo): string {
  return ports === 'reassigned'
    ? `the NAT on the way does not keep source ports (${because}): the sweep will tell nothing`
    : `whether the NAT on the way keeps source ports is not known: ${because}`;
}

/** What was found of the machine and of its network before the run. */
interface Surroundings {
  readonly host: HostFacts;
  readonly nat: NatInfo | undefined;
  readonly tokens: TokenSource | undefined;
}

interface PreparedRun {
  readonly plan: RunPlan;
  readonly scenario: Scenario;
  readonly recording: Recording;
  readonly shards: ShardGroup;
  readonly startsAtMs: number;
}

async function prepare(
  options: RunOptions,
  { host, nat, tokens }: Surroundings,
  arms: readonly PlannedArm[],
  outlines: readonly ArmOutline[],
  listener: RunListener,
  undo: (() => Promise<void>)[],
): Promise<PreparedRun> {
  const { scenario, workers } = options;
  const engine = chooseEngine(options.engine, host.platform, scenario.arms);
  const descriptors = host.fdLimit.soft ?? DEFAULT_DESCRIPTORS;
  const plans = planShards(arms, engine, workers, descriptors);

  let readsTcpInfo = true;
  let recording: Recording | undefined;
  const shards = executeInThreads(plans, (message) => {
    if (message.kind === 'ready') readsTcpInfo = readsTcpInfo && message.readsTcpInfo;
    if (message.kind === 'tokens-wanted') tokens?.want(message, shards.sendTo);
    recording?.receive(message);
  });
  undo.push(() => shards.close());
  await shards.ready;
  await tokens?.served(FILL_MS);

  const startsAtMs = Date.now() + START_AHEAD_MS;
  const writer = await createRun(
    options.resultsDir,
    {
      scenario,
      label: options.label,
      startedAt: new Date(startsAtMs).toISOString(),
      engine,
      stallsByTcpInfo: readsTcpInfo,
      workers,
      endpoints: Object.fromEntries(outlines.map(({ name, endpoints }) => [name, endpoints])),
      sources: describeSources(arms),
      ...(nat === undefined ? {} : { nat }),
      ...describeSynSchedule(host, scenario),
      command: options.command,
      versions: readVersions(),
      host,
    },
    (message) => listener.warning?.(message),
  );
  const plan = describePlan(writer, workers, arms, outlines);
  recording = new Recording(
    writer,
    workers,
    scheduleOf(plan),
    (progress) => listener.progress?.(progress),
    () => tokens?.take(),
  );
  return { plan, scenario, recording, shards, startsAtMs };
}

function describePlan(
  { info, dir }: RunWriter,
  workers: number,
  arms: readonly PlannedArm[],
  outlines: readonly ArmOutline[],
): RunPlan {
  return {
    id: info.id,
    dir,
    engine: info.engine,
    readsTcpInfo: info.stallsByTcpInfo,
    workers,
    arms: outlines,
    durationUs: scheduleUs(arms),
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

function launch(
  { plan, scenario, recording, shards, startsAtMs }: PreparedRun,
  cleanUp: () => Promise<void>,
): RunHandle {
  let isStopped = false;
  shards.send({ kind: 'start', atEpochMs: startsAtMs });
  const finish = async (): Promise<FinishedRun> => {
    try {
      const fault = await shards.finished.then(
        () => undefined,
        (error: unknown) => error,
      );
      const status = fault !== undefined ? 'failed' : isStopped ? 'interrupted' : 'complete';
      const summary = await recording.finish(scenario, status);
      if (fault !== undefined) throw workerFault(fault, plan.dir);
      return { plan, summary };
    } finally {
      await cleanUp();
    }
  };
  return {
    plan,
    stop(how) {
      isStopped = true;
      recording.isStopping = true;
      shards.send({ kind: 'stop', how });
    },
    finished: finish(),
  };
}

function workerFault(cause: unknown, dir: string): RushhourError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RushhourError(`a worker failed: ${why}`, EXIT.internal, {
    hint: `what was recorded until then is in ${dir}`,
    cause,
  });
}
