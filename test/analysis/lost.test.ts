import { expect, it } from 'vitest';
import { summariseArm } from '../../src/analysis/arm-summary.ts';
import { findCutAge } from '../../src/analysis/findings/cut-age.ts';
import { Tally } from '../../src/analysis/tally.ts';
import { SessionSums } from '../../src/read/session-sums.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { reopenSession } from '../../src/session/reopen.ts';
import type { RunInfo } from '../../src/store/run-info.ts';
import { createSession } from '../../src/store/session-create.ts';
import { factsOf, makeFolder } from '../store/runs.ts';
import { soakFacts } from '../store/soaks.ts';
import { armOf, frameOf } from './parts.ts';

/** 30 attempts, 12 of which were open when their process was killed. */
function armWhen(wasResumed: boolean): ReturnType<typeof summariseArm> {
  const tally = new Tally();
  const counts = { scheduled: 31, started: 30, unsent: 1, established: 30, completed: 18, requests: 18 };
  tally.add(frameOf(0, { stress: { ...counts, outcomes: { ok: 18, 'unsent-late': 1 } } }));
  return summariseArm(armOf(), tally, new Map(), 1, undefined, wasResumed);
}

it('attempts that were open when a run was killed are counted as lost once it is resumed, and judge nobody', () => {
  expect(armWhen(true)).toMatchObject({
    started: 30,
    completed: 18,
    lost: 12,
    completedShare: 1,
    connectionsPerRequest: 1,
  });
});

it('attempts without an outcome are held against a run that was never resumed', () => {
  const arm = armWhen(false);
  expect(arm.completedShare).toBe(0.6);
  expect(arm).not.toHaveProperty('lost');
});

it('attempts that ended in an excluded second are not lost, only missing from what counts', () => {
  const tally = new Tally();
  tally.add(frameOf(0, { stress: { scheduled: 30, started: 30, completed: 18, outcomes: { ok: 18 } } }));
  tally.add(frameOf(1, { 'stress~aside': { outcomes: { ok: 10 } } }));
  expect(summariseArm(armOf(), tally, new Map(), 1, undefined, true)).toMatchObject({ lost: 2 });
});

it('connections that were lost with their process are not said to have been held', () => {
  const [finding] = findCutAge(armOf({ holdUs: 4_000_000 }), armWhen(true), undefined, 4_000_000);
  expect(finding?.text).toMatch(/^18 connections were held/);
});

it('what a process gave up as it failed is as unknown as what was open when it was killed', () => {
  const tally = new Tally();
  const counts = { scheduled: 30, started: 30, completed: 18, requests: 28 };
  tally.add(frameOf(0, { stress: { ...counts, outcomes: { ok: 18, abandoned: 10 } } }));
  const arm = (wasResumed: boolean) => summariseArm(armOf(), tally, new Map(), 1, undefined, wasResumed);
  expect(arm(true)).toMatchObject({ lost: 12, completedShare: 1, connectionsPerRequest: 1 });
  expect(arm(false)).toMatchObject({ completedShare: 0.6 });
});

it.each(['run', 'soak'] as const)('a %s knows by its processes that it was resumed', async (what) => {
  const session = { settleSec: 2, fingerprint: 'f' };
  const writer = await createSession(
    makeFolder(),
    what === 'run' ? factsOf({ session }) : soakFacts(),
    () => {},
  );
  const lostOf = (info: RunInfo): number | undefined => {
    const sums = new SessionSums(info);
    sums.addFrame(
      frameOf(0, { stress: { scheduled: 30, started: 30, completed: 18, outcomes: { ok: 18 } } }),
    );
    return sums.summarise('complete', '2025-01-31T06:00:10.000Z', []).arms['stress']?.lost;
  };
  expect(lostOf(writer.info)).toBeUndefined();
  await writer.closeAll();
  await writer.release();
  const resumed = await reopenSession(writer.dir, () => {});
  expect(lostOf(resumed.writer.info)).toBe(12);
  // A night's diagnosis comes from its windows, once it has ended.
  const { diagnosis: sofar, ...told } = resumed.sums.summarise('complete', '2025-01-31T06:00:10.000Z', []);
  const { diagnosis, ...rebuilt } = await rebuildSummary(writer.dir, {
    ...{ status: 'complete', endedAt: '2025-01-31T06:00:10.000Z' },
  });
  expect(told).toEqual(rebuilt);
  expect(diagnosis).toMatchObject({ verdict: sofar?.verdict, text: sofar?.text });
  await resumed.writer.release();
});
