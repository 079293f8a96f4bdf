import { expect, it } from 'vitest';
import { observe } from '../../../src/analysis/observations/observe.ts';
import type { FarSummary } from '../../../src/metrics/far.ts';
import { play } from './world.ts';

const natOf = (kind: FarSummary['nat']['kind'], portsKept: number) => {
  const nat = { kind, portsKept, externalAddresses: ['203.0.113.1'], externalAddressCount: 1 };
  const both = { nat, attempts: { kept: 100, captured: 100, matched: 100, by: {} } } as unknown as FarSummary;
  return observe(play([], { syn: () => 'pass' }, { both })).nat;
};

it('takes ports for kept or given anew by what the far side saw, and a mixture for neither', () => {
  expect(natOf('none', 100)).toBe('preserved');
  expect(natOf('port-preserving', 90)).toBe('preserved');
  expect(natOf('port-preserving', 42)).toBeUndefined();
  expect(natOf('random', 4)).toBe('reassigned');
  expect(natOf('sequential', 0)).toBe('reassigned');
  expect(natOf('unknown', 5)).toBeUndefined();
});
