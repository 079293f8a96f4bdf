import { peakPerSec } from '../scenario/load-shape.ts';
import type { Arm } from '../scenario/types.ts';
import type { RunInfo } from '../store/run-info.ts';
import type { Inquiry } from './inquiry.ts';
import type { Load } from './load/load.ts';
import { describeSources } from './load/outline.ts';
import type { OpenedSession } from './opened-session.ts';
import type { Recorder } from './recorder.ts';
import type { SegmentsPlan } from './segments.ts';
import type { RunListener } from './types.ts';

/** Second 0 of a run is the one that its folder is named after: a late load catches up. */
const AHEAD_SEC = -1;

/** From "ready" to a later stage's first attempt: time for every shard to receive the message. */
const READY_AHEAD_SEC = 0.1;

export interface StageContext {
  readonly opened: OpenedSession;
  readonly recorder: Pick<Recorder, 'flush' | 'next'>;
  readonly listener: Pick<RunListener, 'chosen' | 'warning'>;
}

/** How a run goes from stage to stage: each is chosen when the one before it has ended, and recorded as if it had been planned. */
export function planStages(inquiry: Inquiry, { opened, recorder, listener }: StageContext): SegmentsPlan {
  const { writer, sums, clock } = opened;
  const tell = (): void => {
    const { why, arms } = inquiry.current;
    listener.chosen?.({
      ...{ why, atSec: clock.seconds() },
      arms: arms.map(({ name, load }) => ({ name, peakPerSec: rateOf(load) })),
    });
  };
  return {
    get aheadSec() {
      return inquiry.hasBegun ? READY_AHEAD_SEC : AHEAD_SEC;
    },
    get engine() {
      // Imitating a client takes packets.
      return inquiry.current.arms.some(({ client }) => client !== undefined)
        ? ('packet' as const)
        : undefined;
    },
    maxFaults: 1,
    async rest() {
      await recorder.flush();
      const next = inquiry.next(sums.observe(), clock.seconds());
      if (next === undefined) {
        await writer.extend({ inquiry: inquiry.describe() });
        listener.chosen?.({ why: inquiry.describe().stopped ?? '', atSec: clock.seconds() });
      }
      return next;
    },
    staged: {
      begun(segment, fromSec) {
        const added = inquiry.hasBegun
          ? addStage(writer.info, segment.load, inquiry.current.arms, fromSec)
          : {};
        inquiry.begun(fromSec);
        tell();
        void writer.extend({ ...added, inquiry: inquiry.describe() });
        sums.extend(writer.info);
      },
      failed: (error) => {
        inquiry.failed(error.message);
        listener.warning?.(`these arms are left out: ${error.message}`);
      },
    },
  };
}

/** Arms that are added as if they had been planned from the start: they are idle until their stage begins. */
function addStage(
  { scenario, endpoints, sources }: RunInfo,
  load: Load,
  arms: readonly Arm[],
  fromSec: number,
): Partial<RunInfo> {
  return {
    scenario: { ...scenario, arms: [...scenario.arms, ...arms.map((arm) => startAt(arm, fromSec))] },
    endpoints: {
      ...endpoints,
      ...Object.fromEntries(load.outlines.map(({ name, endpoints: own }) => [name, own])),
    },
    sources: { ...sources, ...describeSources(load.arms) },
  };
}

/** What is not an open loop has no times of its own. */
function startAt(arm: Arm, fromSec: number): Arm {
  const { load } = arm;
  if (load.kind !== 'open' || fromSec === 0) return arm;
  const before = { kind: 'idle' as const, forUs: fromSec * 1_000_000 };
  return { ...arm, load: { ...load, phases: [before, ...load.phases] } };
}

function rateOf(load: Arm['load']): number {
  return load.kind === 'open' ? peakPerSec(load) : load.kind === 'sweep' ? load.ratePerSec : 0;
}
