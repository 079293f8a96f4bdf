import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { loadDurationUs } from '../../src/scenario/load-shape.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { stretchToRest, stretchToSoak } from '../../src/session/schedule.ts';

const SCENARIOS = [fileURLToPath(new URL('../../scenarios', import.meta.url))];
const AT = { proxy: '127.0.0.1:3128', target: 'http://origin.test/' };
const MINUTE_US = 60_000_000;

const load = (name: string): Promise<Scenario> => loadScenario(name, SCENARIOS, AT);
const lengths = ({ arms }: Scenario): (number | undefined)[] => arms.map((arm) => loadDurationUs(arm.load));

describe('a night', () => {
  it('lasts as long as it is told in all, and ramps stay as they are', async () => {
    const night = stretchToSoak(await load('steady'), 90 * MINUTE_US);
    expect(lengths(night)).toEqual([90 * MINUTE_US, 90 * MINUTE_US]);
    expect(night.arms[0]?.load).toEqual({
      kind: 'open',
      phases: [
        { kind: 'ramp', fromPerSec: 0, toPerSec: 500, forUs: 10_000_000 },
        { kind: 'hold', ratePerSec: 500, forUs: 90 * MINUTE_US - 10_000_000 },
      ],
    });
  });

  it('makes a closed loop and browsers go on for as long', async () => {
    expect(lengths(stretchToSoak(await load('first-bell'), 30 * MINUTE_US))).toEqual(
      expect.arrayContaining([30 * MINUTE_US]),
    );
  });

  it('is refused to a sweep, to one too short for its ramps, and to more than a week', async () => {
    const [sweep, steady] = [
      await loadScenario('timewait-sweep', SCENARIOS, { ...AT, set: SWEPT }),
      await load('steady'),
    ];
    expect(() => stretchToSoak(sweep, 60 * MINUTE_US)).toThrow(/cannot soak: arm \S+ is a sweep/);
    expect(() => stretchToSoak(steady, 9_000_000)).toThrow('arm traffic has no measured phase');
    expect(() => stretchToSoak(steady, 8 * 24 * 60 * MINUTE_US)).toThrow('7 days at most');
  });
});

describe('what is left of a night', () => {
  it('begins with the ramp again and ends when the night does', async () => {
    const night = stretchToSoak(await load('steady'), 90 * MINUTE_US);
    const rest = stretchToRest(night, 20 * MINUTE_US);
    expect(rest && lengths(rest)).toEqual([20 * MINUTE_US, 20 * MINUTE_US]);
  });

  it('is nothing where no time is left after the ramp', async () => {
    const night = stretchToSoak(await load('steady'), 90 * MINUTE_US);
    expect(stretchToRest(night, 10_000_000)).toBeUndefined();
    expect(stretchToRest(night, -1)).toBeUndefined();
  });
});

const SWEPT = ['arms.sweep.source.addresses=[127.0.0.2,127.0.0.3]'];
