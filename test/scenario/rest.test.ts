import { expect, it } from 'vitest';
import type { Load, Phase } from '../../src/scenario/load-types.ts';
import { restOf } from '../../src/scenario/rest.ts';
import { armOf, scenarioOf } from '../analysis/parts.ts';

const SEC = 1_000_000;

/** What is left of a load after so long, of which so many attempts fell due. */
function restOfLoad(load: Load, doneSec: number, scheduled = 0): Load | undefined {
  const scenario = scenarioOf({ arms: [armOf({ load })] });
  return restOf(scenario, doneSec * SEC, () => scheduled)?.arms[0]?.load;
}

const phasesAfter = (doneSec: number, ...phases: Phase[]) => {
  const load = restOfLoad({ kind: 'open', phases }, doneSec);
  return load?.kind === 'open' ? load.phases : undefined;
};

const ramp = { kind: 'ramp', fromPerSec: 0, toPerSec: 100, forUs: 10 * SEC } as const;
const hold = { kind: 'hold', ratePerSec: 100, forUs: 20 * SEC } as const;

it('a ramp goes on from the rate that it had reached, and what follows stays whole', () => {
  expect(phasesAfter(4, ramp, hold)).toEqual([{ ...ramp, fromPerSec: 40, forUs: 6 * SEC }, hold]);
  expect(phasesAfter(10, ramp, hold)).toEqual([hold]);
  expect(phasesAfter(25, ramp, hold)).toEqual([{ ...hold, forUs: 5 * SEC }]);
  expect(phasesAfter(30, ramp, hold)).toBeUndefined();
});

it('a step goes on within the level that it had reached', () => {
  const step = { kind: 'step', fromPerSec: 100, toPerSec: 300, byPerSec: 100, eachUs: 10 * SEC } as const;
  expect(phasesAfter(14, step)).toEqual([
    { kind: 'hold', ratePerSec: 200, forUs: 6 * SEC },
    { kind: 'hold', ratePerSec: 300, forUs: 10 * SEC },
  ]);
});

it('nothing is left where only idling is', () => {
  expect(phasesAfter(20, hold, { kind: 'idle', forUs: 5 * SEC })).toBeUndefined();
});

it('a closed loop makes the attempts that are missing, within the time that is left', () => {
  const load = { kind: 'closed', concurrency: 4, attempts: 100, forUs: 60 * SEC } as const;
  expect(restOfLoad(load, 10, 70)).toEqual({ ...load, attempts: 30, forUs: 50 * SEC });
  expect(restOfLoad(load, 10, 100)).toBeUndefined();
  expect(restOfLoad(load, 60, 70)).toBeUndefined();
});

it('an arm that has come to its end is left out', () => {
  const done = armOf({ name: 'done', load: { kind: 'closed', concurrency: 1, attempts: 5 } });
  const scenario = scenarioOf({ arms: [done, armOf({ load: { kind: 'open', phases: [hold] } })] });
  expect(restOf(scenario, 5 * SEC, () => 5)?.arms.map(({ name }) => name)).toEqual(['stress']);
});

it('a sweep is refused: its pairs belong together', () => {
  const sweep = { kind: 'sweep', delaysUs: [SEC], pairs: 2, ratePerSec: 10 } as const;
  expect(() => restOfLoad(sweep, 1)).toThrow(/a run with a sweep cannot be resumed/);
});
