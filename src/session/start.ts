import type { RunStatus } from '../analysis/types.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { FirewallWatch } from '../evidence/firewall/firewall-watch.ts';
import { knownSecrets } from '../evidence/firewall/known-secrets.ts';
import { readBeside } from '../read/beside.ts';
import { SessionSums } from '../read/session-sums.ts';
import type { Scenario } from '../scenario/types.ts';
import { fingerprintOf } from '../store/experiment-file.ts';
import { acquireLock, type LockHolder } from '../store/lock.ts';
import { createSession } from '../store/session-create.ts';
import { provideFarEnd } from './embedded-far-end.ts';
import { EventLog } from './event-log.ts';
import { openEvidence } from './evidence.ts';
import { FarSide } from './far-side.ts';
import { findCutShort } from './find-cut-short.ts';
import { goOnWithRun, goOnWithSoak } from './go-on.ts';
import { createSessionClock } from './host/clocks.ts';
import { createHostWatch } from './host/host-watch.ts';
import { openClocks } from './host/read-clocks.ts';
import { describeLoad } from './load/load.ts';
import { lookFirst } from './look.ts';
import { type Loss, watchForLoss, whyNotKept, workerFault } from './loss.ts';
import type { OpenedSession, SessionOpening } from './opened-session.ts';
import { planOf, scheduleOf } from './plan.ts';
import { Recorder } from './recorder.ts';
import { formatLength, stretchToRest, stretchToSoak } from './schedule.ts';
import { openSegment } from './segment.ts';
import { Segments, type SegmentsPlan } from './segments.ts';
import { settleSecOf } from './settle.ts';
import { shelter } from './sheltered-listener.ts';
import type { FinishedRun, RunHandle, RunListener, RunOptions } from './types.ts';
import { Undo } from './undo.ts';

/** From the moment that a folder is made for to second 0, seconds. */
const RUN_AHEAD_SEC = 0.1;
const SOAK_AHEAD_SEC = 1;

/** Segments of a soak that may end with a fault of a worker, one after the other, before it is given up. */
const MAX_FAULTS = 5;

/**
 * Starts a run or a soak, or goes on with one that was cut short.
 * @throws UsageError where the scenario cannot last as long as a soak, or there is no run to go on with
 * @throws EnvironmentError where something that it needs is missing, or another soak is under way; nothing is left behind
 */
export async function startSession(options: RunOptions, told: RunListener): Promise<RunHandle> {
  const listener = shelter(told);
  const { soak, resultsDir } = options;
  const undo = new Undo();
  const loss = watchForLoss();
  const clocks = openClocks();
  undo.push(async () => clocks.close());
  const opening: SessionOpening = { listener, clocks, undo };
  try {
    const whole = soak === undefined ? options.scenario : stretchToSoak(options.scenario, soak.forUs);
    const lock = soak === undefined ? undefined : await acquireLock(resultsDir, whole.name);
    if (lock !== undefined) undo.push(() => lock.release());
    const fingerprint = fingerprintOf(whole);
    const cut = options.resume === true ? await findToGoOnWith(options, fingerprint) : undefined;
    if (cut !== undefined && soak === undefined) {
      const own = await acquireLock(cut, whole.name, isBeingResumed);
      undo.push(() => own.release());
    }
    const farSide = options.peer === undefined ? undefined : await FarSide.open(options.peer, listener);
    undo.push(async () => farSide?.close());
    const given = { ...options, scenario: await provideFarEnd(whole, undo, loss.happens) };
    const opened =
      cut === undefined
        ? await begin(given, fingerprint, opening)
        : soak === undefined
          ? await askOn(await goOnWithRun(cut, given, opening), given, opening)
          : await askOn(await goOnWithSoak(cut, { ...given, soak }, opening), given, opening);
    const { id, startedAt } = opened.writer.info;
    const endsAt = new Date(Date.parse(startedAt) + (soak?.forUs ?? 0) / 1_000).toISOString();
    await lock?.describe({ runId: id, endsAt });
    farSide?.keep(opened.writer.dir);
    return conduct(opened, given, listener, loss, undo, farSide);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

/** One that is resumed asks the firewall on: what it said before the load is kept already. */
async function askOn(
  opened: OpenedSession,
  { scenario }: RunOptions,
  { listener, undo }: SessionOpening,
): Promise<OpenedSession> {
  const firewall = openFirewall(scenario, listener, undo);
  firewall?.begin(opened.writer.dir);
  return firewall === undefined ? opened : { ...opened, firewall };
}

function openFirewall(scenario: Scenario, listener: RunListener, undo: Undo): FirewallWatch | undefined {
  const { firewall: spec } = scenario;
  if (spec === undefined) return undefined;
  const watch = new FirewallWatch({
    ...{ spec, secrets: knownSecrets(scenario, process.env) },
    warn: (message) => listener.warning?.(message),
  });
  undo.push(() => watch.close());
  listener.asking?.(spec);
  return watch;
}

/** What cannot be read again leaves the verdict as it is. */
async function tellBeside(dir: string): ReturnType<typeof readBeside> {
  return readBeside(dir).catch(() => ({}));
}

function isBeingResumed({ what, process: { pid } }: LockHolder): EnvironmentError {
  return new EnvironmentError(
    `the run of ${what} that was cut short is being resumed already (process ${pid})`,
    {
      hint: 'wait for its end, or start another run without --resume',
    },
  );
}

/** @returns undefined where a soak is to begin, as there is none */
async function findToGoOnWith(
  { soak, resultsDir }: RunOptions,
  fingerprint: string,
): Promise<string | undefined> {
  const kind = soak === undefined ? 'run' : 'soak';
  const cut = await findCutShort(resultsDir, { fingerprint, kind }, Date.now());
  if (cut !== undefined || soak !== undefined) return cut;
  throw new UsageError(`no run of this scenario in ${resultsDir} was cut short within the last day`, {
    hint: 'give the scenario and the flags of then, as flags such as --rate make it another; or start a new run without --resume',
  });
}

async function begin(
  options: RunOptions,
  fingerprint: string,
  { listener, clocks, undo }: SessionOpening,
): Promise<OpenedSession> {
  const { scenario, soak, resultsDir } = options;
  const look = soak === undefined ? await lookFirst(scenario, options, listener) : undefined;
  const segment = await openSegment({ ...options, isFirst: true }, listener);
  undo.push(() => segment.close());
  const firewall = openFirewall(scenario, listener, undo);
  await firewall?.before();
  const aheadSec = soak === undefined ? RUN_AHEAD_SEC : SOAK_AHEAD_SEC;
  const startsAtMs = Date.now() + aheadSec * 1_000;
  const clock = createSessionClock({ fromSec: -aheadSec, clocks, countsSleep: soak !== undefined });
  const session = {
    ...{ settleSec: settleSecOf(scenario), fingerprint },
    startedBootMs: Math.round(clocks.read().bootMs - clock.seconds() * 1_000),
  };
  const writer = await createSession(
    resultsDir,
    {
      ...describeLoad(segment.load, options, startsAtMs),
      ...(look === undefined ? {} : { look }),
      ...(soak === undefined ? { session } : { soak: { ...soak, ...session } }),
    },
    (message) => listener.warning?.(message),
  );
  undo.push(() => writer.release());
  const plan = planOf(writer, segment, soak?.forUs ?? segment.load.durationUs);
  firewall?.begin(writer.dir);
  return {
    ...{ writer, clock, segment, plan, next: 0 },
    ...(firewall === undefined ? {} : { firewall }),
    sums: new SessionSums(writer.info),
    events: new EventLog(writer, (event) => listener.event?.(event)),
    schedule: soak === undefined ? scheduleOf(plan) : { durationUs: soak.forUs, attempts: undefined },
    ...(soak === undefined
      ? {}
      : {
          first: (flowsSec) => ({
            ...{ kind: 'begun', fromSec: 0, toSec: flowsSec, setsAside: false },
            text: `the soak begins, ${formatLength(soak.forUs)} in windows of ${soak.windowSec} s`,
          }),
        }),
  };
}

/** What tells a soak's segments from the one of a run. */
function planSegments({ soak, scenario }: RunOptions, { next, clock }: OpenedSession): SegmentsPlan {
  if (soak === undefined) {
    // Second 0 of a run is the one that its folder is named after; who is late for it catches up.
    return { aheadSec: next === 0 ? -1 : RUN_AHEAD_SEC, rest: () => undefined, maxFaults: 1 };
  }
  const endSec = soak.forUs / 1_000_000;
  return {
    ...{ aheadSec: RUN_AHEAD_SEC, maxFaults: MAX_FAULTS, endSec },
    rest: () => stretchToRest(scenario, (endSec - clock.seconds()) * 1_000_000),
  };
}

function conduct(
  opened: OpenedSession,
  options: RunOptions,
  listener: RunListener,
  loss: Loss,
  undo: Undo,
  farSide: FarSide | undefined,
): RunHandle {
  const { writer, clock, events, sums, segment, next, plan, schedule, first, before, again = [] } = opened;
  const { firewall } = opened;
  const isSoak = options.soak !== undefined;
  const watch = createHostWatch({
    clock,
    onBegin: (event) => events.add(event),
    onEnd: (id, toSec) => events.end(id, toSec),
    isResumed: segment === undefined,
    ...(isSoak
      ? {
          onNewSegment: () => segments.beginAgain(),
          onNote: (text) => listener.warning?.(text),
        }
      : {}),
  });
  const evidence = openEvidence(writer, (message) => listener.warning?.(message));
  undo.push(() => evidence.close());
  const recorder = new Recorder({
    ...{ writer, listener, next, schedule, events, sums, evidence },
    // Whoever watches a run sees each second at once; a soak's are told as they count.
    holdSec: isSoak ? writer.settleSec : 0,
    watch: (frame) => watch.frame(frame),
  });
  let isTold = first === undefined;
  const reportFirst = (flowsSec: number): void => {
    if (!isTold && first !== undefined) events.add(first(flowsSec));
    isTold = true;
  };
  const segments: Segments = new Segments({
    ...{ options, listener, clock, recorder, events, watch },
    plan: planSegments(options, opened),
    onFlow: reportFirst,
  });
  let isStopped = false;
  loss.onceLost(() => segments.stop('abort'));

  // An earlier process may have given up some as it failed: whether this one comes to its end is another matter.
  const abandonedBefore = sums.tally.total('abandoned');
  const statusOf = (fault: unknown): RunStatus => {
    if (fault !== undefined) return 'failed';
    // A soak gives up attempts whenever its load has to be set up again.
    const hasGivenUp = !isSoak && sums.tally.total('abandoned') > abandonedBefore;
    return isStopped || hasGivenUp ? 'interrupted' : 'complete';
  };
  const flow = async (): Promise<unknown> => {
    try {
      watch.start();
      await segments.conduct(segment);
      return loss.why;
    } catch (error) {
      return error;
    }
  };
  const finish = async (): Promise<FinishedRun> => {
    const fault = await flow();
    try {
      watch.stop();
      await firewall?.after();
      await recorder.flush();
      await farSide?.finish();
      const toSec = Math.max(recorder.next, Math.ceil(clock.seconds()));
      reportFirst(toSec);
      events.endAll(toSec);
      const status = statusOf(fault);
      if (isSoak) {
        const text = `the soak is ${status}`;
        events.add({ kind: 'ended', fromSec: toSec, toSec, setsAside: false, text });
      }
      // Once more, so that the last event is on disk.
      await recorder.closeAll();
      await evidence.close();
      // By the clock that nobody sets: what the wall clock shows may lie before the beginning.
      const endedAt = new Date(Date.parse(writer.info.startedAt) + clock.seconds() * 1_000).toISOString();
      const summary = { ...sums.summarise(status, endedAt, events.kinds), ...(await tellBeside(writer.dir)) };
      const unkept = await whyNotKept(writer.finish(summary, status, endedAt));
      if (fault !== undefined) throw workerFault(fault, plan.dir);
      return { plan, summary, ...(unkept === undefined ? {} : { unkept }) };
    } finally {
      await undo.run();
    }
  };
  listener.planned?.(plan, before);
  for (const recorded of again) listener.second?.(recorded);
  return {
    plan,
    stop(how) {
      isStopped = true;
      recorder.isStopping = true;
      if (how === 'abort') firewall?.abort();
      segments.stop(how);
    },
    sinkAway(text) {
      const id = events.add({
        ...{ kind: 'sink-away', fromSec: Math.floor(clock.seconds()), toSec: null, setsAside: false },
        text,
      });
      return () => events.end(id, Math.ceil(clock.seconds()));
    },
    finished: finish(),
  };
}
