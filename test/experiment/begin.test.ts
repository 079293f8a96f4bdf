import { expect, it } from 'vitest';
import { beginExperiment, type ExperimentRequest } from '../../src/experiment/begin.ts';
import type { Overrides } from '../../src/scenario/overrides.ts';
import { experimentSchema } from '../../src/store/experiment-schema.ts';

const PLACE = { env: {}, cwd: process.cwd(), home: '/nonexistent', cores: 2, now: () => 1_738_303_200_000 };

it('keeps every flag that changes the scenario, so that each of its runs has them', async () => {
  const overrides: Overrides = {
    ...{
      proxy: '127.0.0.1:3128',
      target: 'http://127.0.0.1/',
      via: 'proxy' as const,
      prefer: 6,
      addresses: 'first',
    },
    ...{ emulate: '10.1.0.0/28', interface: 'eth0', capture: 'off' },
    ...{ rate: '50/s', duration: '5s', set: ['arms.traffic.close=reset'], marker: 'fall-7', ping: false },
    firewall: { asks: true, before: 'ssh fw show', run: 'ssh fw sessions', every: '2s' },
  };
  const request: ExperimentRequest = {
    ...{ a: 'to a', b: 'to b', rounds: 1, settle: 0, commandTimeout: 1_000_000, seed: 1 },
    ...{ workers: 'auto', engine: 'packet', overrides, resultsDir: '/nonexistent' },
  };
  const { state, scenario } = await beginExperiment(PLACE, 'steady', request);
  expect(state.overrides).toEqual(overrides);
  // What is resumed is read from a file.
  expect(experimentSchema.parse({ ...state, id: 'x' }).overrides).toEqual(overrides);
  expect(scenario.arms[0]).toMatchObject({ prefer: 6, addresses: 'first', close: 'reset' });
  expect(scenario.arms[0]?.source).toMatchObject({ emulate: true, interface: 'eth0' });
  expect(scenario.capture).toBe('off');
  expect([scenario.marker, scenario.ping]).toEqual(['fall-7', 'off']);
  expect(scenario.firewall).toMatchObject({
    before: 'ssh fw show',
    run: 'ssh fw sessions',
    everyUs: 2_000_000,
  });
});
