import { describe, expect, it } from 'vitest';
import { loadOf, mistakesOf, scenarioOf } from './support.ts';

const holding = (rate: string, time: string) =>
  loadOf(scenarioOf(`  a: { load: [{ hold: { rate: ${rate}, for: ${time} } }] }`), 'a');

describe('a quantity in a scenario', () => {
  it.each([
    ['500', '60'],
    ['"500"', '"60"'],
    ['500/s', '60s'],
    ['0.5k', '1m'],
    ['30k/min', '0.0166666666667h'],
  ])('is the same written %s for %s', (rate, time) => {
    expect(holding(rate, time)).toEqual({
      kind: 'open',
      phases: [{ kind: 'hold', ratePerSec: 500, forUs: 60_000_000 }],
    });
  });

  it('is the same as a flag, and behind --set', () => {
    const arms = '  a: { load: [{ hold: { rate: 1, for: 1 } }] }';
    for (const overrides of [
      { rate: '500', duration: '60' },
      { rate: '500/s', duration: '1m' },
      { set: ['arms.a.load.0.hold.rate=500', 'arms.a.load.0.hold.for=60'] },
    ]) {
      expect(loadOf(scenarioOf(arms, overrides), 'a')).toEqual(holding('500', '60'));
    }
  });

  it.each([
    ['-5', '60', '"-5" is not a rate — write a number, with a unit'],
    ['0', '60', '"0" must be above 0'],
    [
      '[5]',
      '60',
      'a list does not belong in "rate" — Attempts per unit of time, over all workers (such as 500/s',
    ],
    ['500', 'true', 'the boolean true does not belong in "for"'],
    ['500', '1w', '"1w" is not a duration'],
  ])('is refused written %s for %s', (rate, time, mistake) => {
    expect(mistakesOf(() => holding(rate, time))).toEqual([expect.stringContaining(mistake)]);
  });
});
