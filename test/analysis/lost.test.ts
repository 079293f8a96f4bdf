import { expect, it } from 'vitest';
import { summariseArm } from '../../src/analysis/arm-summary.ts';
import { findCutAge } from '../../src/analysis/findings/cut-age.ts';
import { Tally } from '../../src/analysis/tally.ts';
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

it('connections that were lost with their process are not said to have been held', () => {
  const [finding] = findCutAge(armOf({ holdUs: 4_000_000 }), armWhen(true), undefined, 4_000_000);
  expect(finding?.text).toMatch(/^18 connections were held/);
});
