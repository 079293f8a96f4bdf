import { describe, expect, it } from 'vitest';
import { conductExperiment, type ExperimentActions, finishedRuns } from '../../src/experiment/conduct.ts';
import { scheduleRounds } from '../../src/experiment/schedule.ts';
import type { ExperimentState, ExperimentStep } from '../../src/store/experiment-file.ts';

const BEGUN: ExperimentState = {
  schema: 1,
  id: 'e',
  scenario: '/s.yaml',
  overrides: {},
  fingerprint: '',
  sides: { a: { command: 'to a', label: 'e a' }, b: { command: 'to b', label: 'timer 60 s' } },
  verify: 'check',
  settleUs: 1,
  commandTimeoutUs: 1,
  workers: 1,
  engine: 'auto',
  rounds: 2,
  seed: 1,
  startedAt: '2025-01-31T06:00:00.000Z',
  steps: scheduleRounds(2, 1),
  process: { pid: 1, bootId: '', startTicks: '' },
};

class Killed extends Error {}

/** A world with one firewall, where the process dies at the `dieAt`th thing that it does (0: never). */
function makeWorld() {
  const world = {
    setting: undefined as string | undefined,
    stored: BEGUN,
    /** Setting that each run met, by id; undefined: it was cut. */
    runs: new Map<string, string | undefined>(),
    discarded: [] as string[],
    log: [] as string[],
    dieAt: 0,
    interruptAfter: Number.POSITIVE_INFINITY,
    done: 0,
  };
  const act = (): void => {
    world.done += 1;
    if (world.done === world.dieAt) throw new Killed();
  };
  const acts: ExperimentActions = {
    async switchTo({ side }) {
      act();
      world.setting = side;
      world.log.push(`switch ${side}`);
    },
    async settle() {
      act();
      world.log.push('settle');
    },
    async verify({ side }) {
      act();
      expect(world.setting).toBe(side);
      world.log.push('verify');
    },
    async run({ side }: ExperimentStep, started) {
      act();
      const id = `run-${world.runs.size + 1}`;
      world.runs.set(id, undefined);
      await started(id);
      act();
      if (world.done >= world.interruptAfter) return false;
      world.runs.set(id, side);
      world.log.push(`run ${side}`);
      act();
      return true;
    },
    async discard(runId) {
      world.discarded.push(runId);
    },
    isComplete: async (runId) => world.runs.get(runId) !== undefined,
    async save(state) {
      act();
      world.stored = state;
      act();
    },
    say: () => {},
    interrupted: () => world.done >= world.interruptAfter,
    now: () => new Date(0),
  };
  return { world, acts };
}

describe('an experiment', () => {
  it('switches, settles, verifies and runs for every step', async () => {
    const { world, acts } = makeWorld();
    const ended = await conductExperiment(BEGUN, acts);
    const order = BEGUN.steps.map(({ side }) => side);
    expect(world.log).toEqual(order.flatMap((side) => [`switch ${side}`, 'settle', 'verify', `run ${side}`]));
    expect(ended.endedAt).toBe('1970-01-01T00:00:00.000Z');
    expect(world.stored).toEqual(ended);
  });

  it('killed at any moment, goes on from what is on disk and counts every whole run once', async () => {
    const { world: whole, acts } = makeWorld();
    await conductExperiment(BEGUN, acts);
    const { length } = Array.from({ length: whole.done });
    expect(length).toBeGreaterThan(40);
    for (let dieAt = 1; dieAt <= length; dieAt += 1) {
      const { world, acts: mortal } = makeWorld();
      world.dieAt = dieAt;
      await expect(conductExperiment(BEGUN, mortal)).rejects.toThrow(Killed);
      const doneBefore = world.stored.steps.filter(({ state }) => state === 'done');
      const ended = await conductExperiment(world.stored, mortal);
      expect(ended.steps.filter((step) => doneBefore.some(({ runId }) => runId === step.runId))).toHaveLength(
        doneBefore.length,
      );
      const { a, b } = finishedRuns(ended);
      expect([a.length, b.length]).toEqual([2, 2]);
      expect(new Set([...a, ...b]).size).toBe(4);
      for (const id of a) expect(world.runs.get(id)).toBe('a');
      for (const id of b) expect(world.runs.get(id)).toBe('b');
      expect(ended.steps.flatMap(({ cut }) => cut)).toEqual(world.discarded);
    }
  });

  it('interrupted, discards the run that was cut, starts nothing more, and can be resumed', async () => {
    const { world, acts } = makeWorld();
    world.interruptAfter = 30;
    const stopped = await conductExperiment(BEGUN, acts);
    expect(stopped.endedAt).toBeUndefined();
    const doneBy = world.log.length;
    world.interruptAfter = Number.POSITIVE_INFINITY;
    const ended = await conductExperiment(stopped, acts);
    expect(world.log.length).toBeGreaterThan(doneBy);
    expect(finishedRuns(ended).a).toHaveLength(2);
    expect(finishedRuns(ended).b).toHaveLength(2);
  });
});
