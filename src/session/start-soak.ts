import type { Tally } from '../analysis/tally.ts';
import { addCounts, COUNTERS, emptyCounts } from '../metrics/counts.ts';
import { ASIDE_SUFFIX } from '../metrics/set-aside.ts';
import { type Frame, RAMP_SUFFIX, type RecordedSecond, type SeriesCounts } from '../metrics/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Scenario } from '../scenario/types.ts';
import { fingerprintOf } from '../store/experiment-file.ts';
import { acquireLock } from '../store/lock.ts';
import { createSoak } from '../store/soak-create.ts';
import { resumeSoak } from '../store/soak-resume.ts';
import type { SoakWriter } from '../store/soak-writer.ts';
import { elapsedSec } from './elapsed.ts';
import { provideFarEnd } from './embedded-far-end.ts';
import { EventLog, type Noted } from './event-log.ts';
import { findCutShort } from './find-cut-short.ts';
import { createNightClock, type NightClock } from './host/clocks.ts';
import { createNightWatch } from './host/host-watch.ts';
import { openClocks } from './host/read-clocks.ts';
import { describeLoad, type Load } from './load/load.ts';
import { outlineArm } from './load/outline.ts';
import { Seconds } from './recorder.ts';
import { whyNotKept } from './recording.ts';
import { stretchToNight } from './schedule.ts';
import { type Leg, openLeg } from './segment.ts';
import { Night } from './segments.ts';
import { settleSecOf } from './settle.ts';
import { shelter } from './sheltered-listener.ts';
import type { SoakHandle, SoakListener, SoakOptions } from './soak-types.ts';
import { type Loss, watchForLoss, workerFault } from './start-run.ts';
import { NightSums, type RecordedBefore } from './sums.ts';
import type { FinishedRun, RunPlan } from './types.ts';
import { readHeldBack } from './unsettled.ts';

/** From the folder's making to second 0. */
const START_AHEAD_MS = 1_000;

/** A night of which the folder is there: what it is written to, and what is known by then. */
interface OpenedNight {
  readonly writer: SoakWriter;
  readonly clock: NightClock;
  readonly events: EventLog;
  readonly plan: RunPlan;
  /** How it comes that load begins to flow. */
  readonly first: (flowsSec: number) => Noted;
  /** The first second that is not recorded. */
  readonly next: number;
  /** Ready to start, where the night begins. */
  readonly leg?: Leg;
  /** What an earlier process recorded, where it goes on, but for `again`. */
  readonly before?: Frame;
  /** The same, to sum up from. */
  readonly recorded?: RecordedBefore;
  /** Seconds of an earlier process that it may not have handed on any more. */
  readonly again?: readonly RecordedSecond[];
}

/**
 * Starts a soak, or goes on with one that was cut short.
 * @throws UsageError where the scenario cannot last
 * @throws EnvironmentError where something that it needs is missing, or another soak is under way; nothing is left behind
 */
export async function startSoak(options: SoakOptions, told: SoakListener): Promise<SoakHandle> {
  const listener = shelter(told);
  const undo: (() => Promise<void>)[] = [];
  const cleanUp = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  const loss = watchForLoss();
  try {
    const whole = stretchToNight(options.scenario, options.forUs);
    const lock = await acquireLock(options.resultsDir, whole.name);
    undo.push(() => lock.release());
    const fingerprint = fingerprintOf(whole);
    const cut = options.resume ? await findCutShort(options.resultsDir, fingerprint, Date.now()) : undefined;
    const scenario = await provideFarEnd(whole, undo, loss.happens);
    const opened =
      cut === undefined
        ? await begin({ ...options, scenario }, fingerprint, listener)
        : await goOn(cut, options, listener);
    const { info } = opened.writer;
    const endsAtMs = Date.parse(info.startedAt) + options.forUs / 1_000;
    await lock.describe({ runId: info.id, endsAt: new Date(endsAtMs).toISOString() });
    return conduct(opened, { ...options, scenario }, listener, loss, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function begin(
  options: SoakOptions,
  fingerprint: string,
  listener: SoakListener,
): Promise<OpenedNight> {
  const leg = await openLeg({ ...options, isFirst: true }, listener);
  try {
    const startsAtMs = Date.now() + START_AHEAD_MS;
    const clock = createNightClock({ fromSec: -START_AHEAD_MS / 1_000 });
    const settleSec = settleSecOf(options.scenario);
    const { forUs, windowSec } = options;
    const writer = await createSoak(
      options.resultsDir,
      {
        ...describeLoad(leg.load, options, startsAtMs),
        soak: {
          ...{ windowSec, forUs, settleSec, fingerprint },
          startedBootMs: Math.round(clock.clocks.read().bootMs - clock.seconds() * 1_000),
        },
      },
      (message) => listener.warning?.(message),
    );
    const events = new EventLog(writer, (event) => listener.event?.(event));
    const text = `the soak begins, ${wordLength(forUs)} in windows of ${windowSec} s`;
    return {
      ...{ writer, clock, events, leg, next: 0, plan: planOf(writer, options, leg.load) },
      first: () => ({ kind: 'begun', fromSec: 0, toSec: 0, setsAside: false, text }),
    };
  } catch (error) {
    await leg.close();
    throw error;
  }
}

async function goOn(dir: string, options: SoakOptions, listener: SoakListener): Promise<OpenedNight> {
  const { writer, lastSecond, tally, openEvents, ...known } = await resumeSoak(dir, (message) =>
    listener.warning?.(message),
  );
  const { info } = writer;
  const clocks = openClocks();
  const fromSec = Math.max(lastSecond + 1, elapsedSec(info, clocks, Date.now()));
  const clock = createNightClock({ fromSec, clocks });
  const events = new EventLog(writer, (event) => listener.event?.(event), known.events);
  for (const { id } of openEvents) events.end(id, Math.ceil(fromSec));
  const again = await readHeldBack(writer, lastSecond, (second) => events.isAside(second));
  const [last] = info.soak.processes.slice(-2);
  const how =
    last?.bootId === info.process.bootId ? 'its process was ended' : 'this machine was started anew';
  return {
    first: (flowsSec) => ({
      ...{ kind: 'resumed', fromSec: lastSecond + 1, toSec: flowsSec, setsAside: false },
      text: `${how}: nothing was recorded for ${flowsSec - lastSecond - 1} s`,
    }),
    ...{ writer, clock, events, next: lastSecond + 1, again },
    before: sumBefore(tally, again, info.scenario),
    recorded: { tally, ...known },
    plan: planOf(writer, options, undefined),
  };
}

/** @param load of the first leg; absent where a night goes on, and its addresses are those that it had */
function planOf({ info, dir }: SoakWriter, { forUs }: SoakOptions, load: Load | undefined): RunPlan {
  const known = info.scenario.arms.map((arm) =>
    outlineArm({ arm, endpoints: [], sources: info.sources?.[arm.name]?.addresses ?? [] }),
  );
  return {
    id: info.id,
    dir,
    engine: info.engine,
    readsTcpInfo: info.stallsByTcpInfo,
    workers: info.workers,
    arms: load?.outlines ?? known.map((arm) => ({ ...arm, endpoints: info.endpoints[arm.name] ?? [] })),
    durationUs: forUs,
  };
}

function wordLength(us: number): string {
  const minutes = Math.round(us / 60_000_000);
  return minutes < 2 ? `${Math.round(us / 1_000_000)} s` : `${minutes} min`;
}

/** Everything so far but for what is handed on again, as one frame, for who counts on from it. */
function sumBefore(tally: Tally, again: readonly RecordedSecond[], { arms }: Scenario): Frame {
  const names = arms.flatMap(({ name }) => ['', RAMP_SUFFIX, ASIDE_SUFFIX].map((suffix) => name + suffix));
  const series = names
    .filter((name) => tally.has(name))
    .map((name): [string, SeriesCounts] => {
      const counts = emptyCounts();
      addCounts(counts, tally.series(name).counts);
      for (const { frame } of again) {
        const part = frame.series[name];
        if (part !== undefined) subtract(counts, part);
      }
      return [name, counts];
    });
  return { second: tally.lastSecond, series: Object.fromEntries(series), open: 0, stallsLeftOut: 0 };
}

/** What counts on: the plain counters and the outcomes. */
function subtract(sum: SeriesCounts, part: SeriesCounts): void {
  for (const name of COUNTERS) sum[name] -= part[name] ?? 0;
  for (const [outcome, count] of Object.entries(part.outcomes) as [Outcome, number][]) {
    sum.outcomes[outcome] = (sum.outcomes[outcome] ?? 0) - count;
  }
}

function conduct(
  { writer, clock, events, leg, next, plan, first, before, recorded, again = [] }: OpenedNight,
  options: SoakOptions,
  listener: SoakListener,
  loss: Loss,
  cleanUp: () => Promise<void>,
): SoakHandle {
  const { info } = writer;
  const watch = createNightWatch({
    clock,
    onBegin: (happening) => events.add(happening),
    onEnd: (id, toSec) => events.end(id, toSec),
    onNewLeg: () => night.beginAgain(),
    onNote: (text) => listener.warning?.(text),
  });
  const sums = new NightSums(info, recorded);
  const seconds = new Seconds({
    ...{ writer, listener, next, durationUs: options.forUs },
    settleSec: info.soak.settleSec,
    events,
    sums,
    watch: (frame) => watch.frame(frame),
  });
  let isTold = false;
  const tellFirst = (flowsSec: number): void => {
    if (!isTold) events.add(first(flowsSec));
    isTold = true;
  };
  const { scenario } = options;
  const night = new Night({
    ...{ options, scenario, listener, clock, seconds, events, watch },
    onFlow: tellFirst,
  });
  let isStopped = false;
  loss.onceLost(() => night.stop('abort'));

  const finish = async (): Promise<FinishedRun> => {
    let fault: unknown;
    try {
      watch.start();
      await night.conduct(leg);
      fault = loss.why;
    } catch (error) {
      fault = error;
    }
    try {
      watch.stop();
      await seconds.flush();
      const toSec = Math.max(seconds.next, Math.ceil(clock.seconds()));
      tellFirst(toSec);
      events.endAll(toSec);
      const status = fault !== undefined ? 'failed' : isStopped ? 'interrupted' : 'complete';
      events.add({ kind: 'ended', fromSec: toSec, toSec, setsAside: false, text: `the soak is ${status}` });
      // Once more, so that the last event is on disk.
      await seconds.closeAll();
      // By the clock that nobody sets: what the wall clock shows may lie before the beginning.
      const endedAt = new Date(Date.parse(info.startedAt) + clock.seconds() * 1_000).toISOString();
      const summary = sums.summarise(status, endedAt, events.kinds);
      const unkept = await whyNotKept(writer.finish(summary, status, endedAt));
      if (fault !== undefined) throw workerFault(fault, plan.dir);
      return { plan, summary, ...(unkept === undefined ? {} : { unkept }) };
    } finally {
      await cleanUp();
    }
  };
  listener.planned?.(plan, before);
  for (const recorded of again) listener.second?.(recorded);
  return {
    plan,
    stop(how) {
      isStopped = true;
      seconds.isStopping = true;
      night.stop(how);
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
