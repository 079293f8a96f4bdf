import { expect, it } from 'vitest';
import { summariseArm } from '../../src/analysis/arm-summary.ts';
import { findCutAge } from '../../src/analysis/findings/cut-age.ts';
import { SoakTally } from '../../src/analysis/soak-tally.ts';
import { summarise } from '../../src/analysis/summarise.ts';
import { Tally } from '../../src/analysis/tally.ts';
import { armOf, frameOf, scenarioOf } from './parts.ts';

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

it.each(['run', 'soak'] as const)('a %s knows by its events that it was resumed', (what) => {
  const tally = new Tally();
  tally.add(frameOf(0, { stress: { scheduled: 30, started: 30, completed: 18, outcomes: { ok: 18 } } }));
  const lostOf = (events: { kind: string; count: number }[]): number | undefined => {
    const seconds = new SoakTally(['stress']);
    const course =
      what === 'run' ? seconds.readRun(events) : seconds.read({ windows: 1, windowSec: 60, events });
    return summarise({
      run: {
        ...{ id: '20250131-060000-test', scenario: 'test', label: '', engine: 'raw', status: 'complete' },
        ...{
          startedAt: '2025-01-31T06:00:00.000Z',
          endedAt: '2025-01-31T06:00:10.000Z',
          stallsByTcpInfo: true,
        },
      },
      ...{ scenario: scenarioOf(), tally, histograms: new Map() },
      ...(course === undefined ? {} : { course }),
    }).arms['stress']?.lost;
  };
  expect(lostOf([{ kind: 'resumed', count: 1 }])).toBe(12);
  expect(lostOf([{ kind: 'link-down', count: 1 }])).toBeUndefined();
});
