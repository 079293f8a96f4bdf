import { describe, expect, it } from 'vitest';
import type { Kit } from '../../../src/analysis/inquiry/arms.ts';
import { PortSlices } from '../../../src/analysis/inquiry/ports.ts';
import { BUILDERS } from '../../../src/analysis/inquiry/stages.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { asking } from '../causes/world.ts';
import { hold } from '../parts.ts';

const kitOf = (sources: readonly string[], changes: Partial<Arm> = {}): Kit => ({
  base: asking('baseline', { load: hold(50, 180), handshakeTimeoutUs: 5_000_000, ...changes }),
  spec: { closedPorts: [9, 79], isExhaustive: false },
  ...{ ratePerSec: 50, sources, endpoints: 1, choosesPackets: true, captures: true, imitates: {}, nth: 1 },
  slices: new PortSlices(0),
});

const reusing = (kit: Kit): Arm[] => {
  const built = BUILDERS.together(kit, { leftSec: 120 });
  return 'arms' in built ? built.arms.filter(({ name }) => name.startsWith('reuse')) : [];
};

describe('source ports used again', () => {
  it('come from all addresses in turn: one address alone cannot collide with itself', () => {
    const arms = reusing(kitOf(['10.0.0.1', '10.0.0.2']));
    expect(arms).toHaveLength(2);
    for (const { source } of arms) expect(source?.addresses).toEqual([{ kind: 'all' }]);
  });

  it('come from where the user wants, or from the only address', () => {
    const source = { addresses: [{ kind: 'address' as const, address: '10.0.0.2' }] };
    const [chosen] = reusing(kitOf(['10.0.0.1', '10.0.0.2'], { source }));
    expect(chosen?.source?.addresses).toEqual(source.addresses);
    expect(reusing(kitOf(['10.0.0.1']))[0]?.source?.addresses).toEqual([]);
  });
});
