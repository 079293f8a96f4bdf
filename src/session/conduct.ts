import type { RunStatus } from '../analysis/types.ts';
import { readBeside } from '../read/beside.ts';
import { diagnoseNight } from '../read/night.ts';
import { openEvidence } from './evidence.ts';
import type { FarSide } from './far-side.ts';
import { createHostWatch } from './host/host-watch.ts';
import type { Inquiry } from './inquiry.ts';
import { joinOwnSides } from './join-sides.ts';
import { type Loss, whyNotKept, workerFault } from './loss.ts';
import type { OpenedSession } from './opened-session.ts';
import { planStages } from './plan-stages.ts';
import { Recorder } from './recorder.ts';
import { stretchToRest } from './schedule.ts';
import { Segments, type SegmentsPlan } from './segments.ts';
import type { FinishedRun, RunHandle, RunListener, RunOptions } from './types.ts';
import type { Undo } from './undo.ts';

/** From "ready" to a segment's first attempt: time for every shard to receive the message. */
const READY_AHEAD_SEC = 0.1;

/** A soak is abandoned after this many consecutive segments have ended with a worker's fault. */
const MAX_FAULTS = 5;

/** What a session needs while it lasts, in addition to what was opened for it. */
export interface SessionContext {
  readonly listener: RunListener;
  /** Reports the loss of something that the load needs. */
  readonly loss: Loss;
  readonly undo: Undo;
  readonly farSide: FarSide | undefined;
  /** Of a run that chooses its arms. */
  readonly inquiry?: Inquiry | undefined;
}

/** Runs the load of an opened session, records it, and finishes the folder. */
export function conduct(
  opened: OpenedSession,
  options: RunOptions,
  { listener, loss, undo, farSide, inquiry }: SessionContext,
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
    // A run shows each second at once, a soak only once it is settled.
    holdSec: isSoak ? writer.settleSec : 0,
    watch: (frame) => watch.frame(frame),
  });
  let isFlowing = false;
  const reportFirst = (flowsSec: number): void => {
    if (!isFlowing && first !== undefined) events.add(first(flowsSec));
    isFlowing = true;
  };
  const segments: Segments = new Segments({
    ...{ options, listener, clock, recorder, events, watch },
    plan:
      inquiry === undefined
        ? planSegments(options, opened)
        : planStages(inquiry, { opened, recorder, listener }),
    onFlow: reportFirst,
  });
  let isStopped = false;
  loss.onceLost(() => segments.stop('abort'));

  // What an earlier process abandoned as it failed says nothing about how this one ends.
  const abandonedBefore = sums.tally.total('abandoned');
  const statusOf = (fault: unknown): RunStatus => {
    if (fault !== undefined) return 'failed';
    // A soak abandons attempts whenever its load has to be set up again.
    const hasAbandoned = !isSoak && sums.tally.total('abandoned') > abandonedBefore;
    return isStopped || hasAbandoned ? 'interrupted' : 'complete';
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
      // Again, so that the last event is on disk.
      await recorder.closeAll();
      await evidence.close();
      // By the monotonic clock: the wall clock may have been set back to before the start.
      const endedAt = new Date(Date.parse(writer.info.startedAt) + clock.seconds() * 1_000).toISOString();
      const far = farSide === undefined ? undefined : await joinOwnSides(writer.dir, writer.info, listener);
      // The verdict does not depend on it, so a failed read is not an error.
      const summed = sums.summarise(status, endedAt, events.kinds, far);
      const diagnosis = await diagnoseNight(writer.dir, writer.info, sums, summed).catch(() => undefined);
      const summary = {
        ...summed,
        ...(diagnosis === undefined ? {} : { diagnosis }),
        ...(await readBeside(writer.dir).catch(() => ({}))),
      };
      const unkept = await whyNotKept(writer.finish(summary, status, endedAt));
      if (fault !== undefined) throw workerFault(fault, plan.dir);
      return {
        plan,
        summary: far === undefined ? summary : { ...summary, far },
        ...(unkept === undefined ? {} : { unkept }),
      };
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

/** How a soak's segments differ from the single one of a run. */
function planSegments({ soak, scenario }: RunOptions, { next, clock }: OpenedSession): SegmentsPlan {
  if (soak === undefined) {
    // Second 0 of a run is the one that its folder is named after: a late load catches up.
    return { aheadSec: next === 0 ? -1 : READY_AHEAD_SEC, rest: () => undefined, maxFaults: 1 };
  }
  const endSec = soak.forUs / 1_000_000;
  return {
    ...{ aheadSec: READY_AHEAD_SEC, maxFaults: MAX_FAULTS, endSec },
    rest: () => stretchToRest(scenario, (endSec - clock.seconds()) * 1_000_000),
  };
}
