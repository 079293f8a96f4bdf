import { setTimeout as sleep } from 'node:timers/promises';
import { SessionSums } from '../read/session-sums.ts';
import { createSession } from '../store/session-create.ts';
import { openFirewall } from './ask-firewall.ts';
import { EventLog } from './event-log.ts';
import { createSessionClock } from './host/clocks.ts';
import { describeLoad } from './load/load.ts';
import { lookFirst } from './look.ts';
import type { OpenedSession, SessionOpening } from './opened-session.ts';
import { planOf, scheduleOf } from './plan.ts';
import { formatLength } from './schedule.ts';
import { openSegment, type SegmentOptions } from './segment.ts';
import { settleSecOf } from './settle.ts';
import type { RunOptions } from './types.ts';

/** From the moment that a folder is named after to second 0, seconds. */
const RUN_AHEAD_SEC = 0.1;
const SOAK_AHEAD_SEC = 1;

/** @param atMs milliseconds since 1970; past: returns at once */
async function waitUntil(atMs: number): Promise<void> {
  const restMs = atMs - Date.now();
  if (restMs > 0) await sleep(restMs);
}

/**
 * Opens the folder of a new run or soak, after the pre-load check and the firewall commands that precede the load.
 * @param options `mostUs`: time that a run may take that chooses its arms
 * @param fingerprint of the scenario, by which an interrupted session is found again
 */
export async function begin(
  options: RunOptions & Pick<SegmentOptions, 'witness' | 'controls'> & { readonly mostUs?: number },
  fingerprint: string,
  { listener, clocks, undo }: SessionOpening,
): Promise<OpenedSession> {
  const { scenario, soak, resultsDir, controls = [] } = options;
  const needed = { ...scenario, arms: scenario.arms.filter(({ name }) => !controls.includes(name)) };
  const look = soak === undefined ? await lookFirst(needed, options, listener) : undefined;
  const segment = await openSegment({ ...options, isFirst: true }, listener);
  undo.push(() => segment.close());
  const firewall = openFirewall(scenario, listener, undo);
  await firewall?.before();
  const aheadSec = soak === undefined ? RUN_AHEAD_SEC : SOAK_AHEAD_SEC;
  await waitUntil((options.startsAtMs ?? 0) - aheadSec * 1_000);
  const nowMs = Date.now();
  // A wait ends a little late, or early: second 0 is the one agreed upon, as long as it is ahead.
  const agreedMs = options.startsAtMs ?? 0;
  const startsAtMs = agreedMs > nowMs ? agreedMs : nowMs + aheadSec * 1_000;
  const clock = createSessionClock({
    ...{ fromSec: (nowMs - startsAtMs) / 1_000, clocks, countsSleep: soak !== undefined },
  });
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
  const plan = planOf(writer, segment, soak?.forUs ?? options.mostUs ?? segment.load.durationUs);
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
            text: `the soak starts: ${formatLength(soak.forUs)} in windows of ${soak.windowSec} s`,
          }),
        }),
  };
}
