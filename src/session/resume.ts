import { Tally } from '../analysis/tally.ts';
import { addCounts, COUNTERS, emptyCounts } from '../metrics/counts.ts';
import { ASIDE_SUFFIX } from '../metrics/set-aside.ts';
import { type Frame, RAMP_SUFFIX, type RecordedSecond, type SeriesCounts } from '../metrics/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { restOf } from '../scenario/rest.ts';
import type { Scenario } from '../scenario/types.ts';
import { readRunInfo } from '../store/read-info.ts';
import { framesOf } from '../store/run-frames.ts';
import { type RunInfo, sessionOf } from '../store/run-info.ts';
import { readEvents, type SessionEvent } from '../store/session-events.ts';
import { elapsedSec } from './elapsed.ts';
import { EventLog, type Noted } from './event-log.ts';
import { createSessionClock } from './host/clocks.ts';
import type { Clocks } from './host/read-clocks.ts';
import type { OpenedSession, SessionOpening } from './opened-session.ts';
import { planOf, scheduleOf } from './plan.ts';
import { type ReopenedSession, reopenSession } from './reopen.ts';
import { openSegment } from './segment.ts';
import type { RunListener, RunOptions, SoakLength } from './types.ts';
import { readUnsettled } from './unsettled.ts';

/**
 * Resumes a run at the point of its schedule at which it was interrupted. The load is prepared first: if that fails,
 * the folder is left unchanged.
 * @throws UsageError if it cannot be resumed
 * @throws EnvironmentError if something that its load needs is missing
 */
export async function resumeRun(
  dir: string,
  options: RunOptions,
  { listener, clocks, undo }: SessionOpening,
): Promise<OpenedSession> {
  // Only frames: histograms are summed once, when the folder is reopened.
  const recorded = new Tally();
  for await (const frame of framesOf(dir, await readRunInfo(dir))) recorded.add(frame);
  const rest = restOf(
    options.scenario,
    (recorded.lastSecond + 1 - missingSec(await readEvents(dir))) * 1_000_000,
    (arm) => scheduledOf(recorded, arm),
  );
  const segment =
    rest === undefined
      ? undefined
      : await openSegment({ ...options, scenario: rest, isFirst: true }, listener);
  if (segment !== undefined) undo.push(() => segment.close());
  const resumed = await reopenSession(dir, (message) => listener.warning?.(message));
  const { writer, lastSecond } = resumed;
  undo.push(() => writer.release());
  const isOver = segment === undefined;
  const { clock, events, first } = reopenLogs(resumed, { clocks, countsSleep: false, isOver }, listener);
  const fromUs = Math.ceil(clock.seconds()) * 1_000_000;
  const restUs = isOver ? 0 : segment.load.durationUs;
  const endUs = restUs === undefined ? undefined : fromUs + restUs;
  const plan = planOf(writer, segment, endUs, fromUs);
  return {
    ...{ writer, clock, events, plan, sums: resumed.sums, next: lastSecond + 1 },
    schedule: scheduleOf(plan),
    ...(isOver ? {} : { segment, first }),
    before: sumBefore(resumed.sums.tally, [], writer.info.scenario),
  };
}

/** Resumes a soak at once; it can wait for what its load needs. */
export async function resumeSoak(
  dir: string,
  { soak }: RunOptions & { readonly soak: SoakLength },
  { listener, clocks, undo }: SessionOpening,
): Promise<OpenedSession> {
  const resumed = await reopenSession(dir, (message) => listener.warning?.(message));
  const { writer, lastSecond, sums } = resumed;
  undo.push(() => writer.release());
  const { clock, events, first } = reopenLogs(
    resumed,
    { clocks, countsSleep: true, isOver: false },
    listener,
  );
  const again = await readUnsettled(writer, lastSecond, (second) => events.isAside(second));
  return {
    ...{ writer, clock, events, first, sums, again, next: lastSecond + 1 },
    plan: planOf(writer, undefined, soak.forUs, Math.ceil(clock.seconds()) * 1_000_000),
    schedule: { durationUs: soak.forUs, attempts: undefined },
    before: sumBefore(sums.tally, again, writer.info.scenario),
  };
}

function reopenLogs(
  { writer, lastSecond, events: known, openEvents }: ReopenedSession,
  {
    clocks,
    countsSleep,
    isOver,
  }: { readonly clocks: Clocks; readonly countsSleep: boolean; readonly isOver: boolean },
  listener: RunListener,
): Pick<OpenedSession, 'clock' | 'events'> & { first: (flowsSec: number) => Noted } {
  const { info } = writer;
  const session = sessionOf(info);
  const nowSec = session === undefined ? 0 : elapsedSec({ ...info, session }, clocks, Date.now());
  // Events from now on do not affect recorded seconds; if nothing follows, the session ended with the last of them.
  const fromSec = isOver ? lastSecond + 1 : Math.max(lastSecond + 2, nowSec);
  const clock = createSessionClock({ fromSec, clocks, countsSleep });
  const events = new EventLog(writer, (event) => listener.event?.(event), known);
  for (const { id } of openEvents) events.end(id, Math.ceil(fromSec));
  return {
    ...{ clock, events },
    first: (flowsSec) => ({
      ...{ kind: 'resumed', fromSec: lastSecond + 1, toSec: flowsSec, setsAside: false },
      text: `${formatGap(info)}: nothing was recorded for ${flowsSec - lastSecond - 1} s`,
    }),
  };
}

/** Why nothing was recorded for a while. */
function formatGap(info: RunInfo): string {
  const [last] = sessionOf(info)?.processes.slice(-2) ?? [];
  return last?.bootId === info.process.bootId ? 'its process was killed' : 'this machine was rebooted';
}

/** Seconds in which no process of the run was alive. */
function missingSec(events: readonly SessionEvent[]): number {
  return events
    .filter(({ kind }) => kind === 'resumed')
    .reduce((sum, { fromSec, toSec }) => sum + (toSec ?? fromSec) - fromSec, 0);
}

function scheduledOf(tally: Tally, arm: string): number {
  return ['', RAMP_SUFFIX, ASIDE_SUFFIX]
    .map((suffix) => arm + suffix)
    .filter((name) => tally.has(name))
    .reduce((sum, name) => sum + tally.series(name).counts.scheduled, 0);
}

/** Everything recorded so far, without the seconds that are passed on again, as one frame from which sinks count on. */
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

/** Only what is cumulative: the plain counters and the outcomes. */
function subtract(sum: SeriesCounts, part: SeriesCounts): void {
  for (const name of COUNTERS) sum[name] -= part[name] ?? 0;
  for (const [outcome, count] of Object.entries(part.outcomes) as [Outcome, number][]) {
    sum.outcomes[outcome] = (sum.outcomes[outcome] ?? 0) - count;
  }
}
