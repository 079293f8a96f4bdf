import { beforeEach, expect, it, vi } from 'vitest';
import { SessionSums } from '../../src/read/session-sums.ts';
import { EventLog } from '../../src/session/event-log.ts';
import { createSessionClock } from '../../src/session/host/clocks.ts';
import type { HostWatch } from '../../src/session/host/host-watch.ts';
import { Recorder } from '../../src/session/recorder.ts';
import type { LoadSegment } from '../../src/session/segment.ts';
import { Segments } from '../../src/session/segments.ts';
import type { SessionEvent } from '../../src/store/session-events.ts';
import { makeFolder } from '../store/runs.ts';
import { pushedSecond, startSoak } from '../store/soaks.ts';
import { FakeClocks } from './host/fake-clocks.ts';

const { openSegment } = vi.hoisted(() => ({ openSegment: vi.fn() }));
vi.mock('../../src/session/segment.ts', () => ({ openSegment }));

/** What each segment does: seconds that it records, and the fault that it ends with. */
interface Course {
  readonly seconds: number;
  readonly fault?: Error;
}

/** A soak of segments that each take a while to be let go of, and the next to be set up, by a clock of the test's. */
async function conduct(courses: readonly Course[], { closeMs, openMs }: { closeMs: number; openMs: number }) {
  const clocks = new FakeClocks();
  const clock = createSessionClock({ fromSec: -1, clocks });
  const writer = await startSoak(makeFolder());
  const events: SessionEvent[] = [];
  const recorded: number[] = [];
  const log = new EventLog(writer, (event) => events.push(event));
  const recorder = new Recorder({
    ...{ writer, listener: {}, holdSec: 0, next: 0, events: log },
    schedule: { durationUs: 60_000_000, attempts: undefined },
    sums: new SessionSums(writer.info),
    evidence: { add() {} },
    watch: ({ second }) => recorded.push(second),
  });
  const begin = ({ seconds, fault }: Course): LoadSegment => ({
    load: { arms: [], stop() {} } as unknown as LoadSegment['load'],
    async run(atEpochMs, { onSecond }) {
      clocks.pass(atEpochMs - performance.timeOrigin - performance.now());
      for (let second = 0; second < seconds; second += 1) {
        clocks.pass(1_000);
        const { frame, histograms, stalls } = pushedSecond(second);
        onSecond({ frame, encoded: histograms, stalls });
      }
      if (fault !== undefined) throw fault;
    },
    async close() {
      clocks.pass(closeMs);
    },
  });
  const [first, ...others] = courses;
  openSegment.mockImplementation(async () => {
    clocks.pass(openMs);
    return begin(others.shift()!);
  });
  const segments = new Segments({
    ...{ options: { workers: 1, engine: 'raw' }, listener: {}, clock, recorder, events: log },
    watch: { use() {} } as unknown as HostWatch,
    plan: { aheadSec: 0.1, rest: () => (others.length > 0 ? writer.info.scenario : undefined), maxFaults: 5 },
    onFlow() {},
  });
  await segments.conduct(begin(first!));
  await recorder.flush();
  return { recorded, events };
}

beforeEach(() => {
  openSegment.mockReset();
});

it.each([
  ['at once', { closeMs: 100, openMs: 300 }],
  ['within seconds', { closeMs: 400, openMs: 2_700 }],
  ['after longer than anything takes to settle', { closeMs: 3_000, openMs: 19_500 }],
])('load that restarts %s leaves no second of which nothing is said', async (_, pace) => {
  const { recorded, events } = await conduct([{ seconds: 5 }, { seconds: 3 }, { seconds: 2 }], pace);
  expect(recorded).toHaveLength(10);
  const told = events.flatMap(({ kind, fromSec, toSec }) =>
    kind === 'restarted' ? Array.from({ length: toSec! - fromSec }, (_, index) => fromSec + index) : [],
  );
  const all = Array.from({ length: recorded.at(-1)! + 1 }, (_, second) => second);
  expect([...recorded, ...told].sort((a, b) => a - b)).toEqual(all);
});

it('an event says how many seconds are missing, and none of what was measured is set aside for that', async () => {
  const { recorded, events } = await conduct([{ seconds: 5 }, { seconds: 2 }], {
    ...{ closeMs: 1_000, openMs: 4_000 },
  });
  const text = 'the load restarted: nothing was recorded for 6 s';
  expect(events).toMatchObject([{ kind: 'restarted', fromSec: 5, toSec: 11, setsAside: false, text }]);
  expect(recorded).toEqual([0, 1, 2, 3, 4, 11, 12]);
});

it('an event says so after a fault of a worker, too', async () => {
  const { events } = await conduct([{ seconds: 3, fault: new Error('out of memory') }, { seconds: 1 }], {
    ...{ closeMs: 1_000, openMs: 4_000 },
  });
  expect(events).toMatchObject([
    { kind: 'waiting', text: 'a worker failed (out of memory): the load is restarted' },
    { kind: 'restarted', fromSec: 3, toSec: 9 },
  ]);
});
