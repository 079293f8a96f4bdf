import { describe, expect, it } from 'vitest';
import type { Kit } from '../../../src/analysis/inquiry/arms.ts';
import { PortSlices } from '../../../src/analysis/inquiry/ports.ts';
import { BUILDERS } from '../../../src/analysis/inquiry/stages.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { MEANS } from './session.ts';

const packetsOf = (changes: Partial<Arm> = {}): Map<string, Arm> => {
  const kit: Kit = { ...MEANS, base: { ...MEANS.base, ...changes }, nth: 1, slices: new PortSlices(0) };
  const built = BUILDERS.packets(kit, { leftSec: 120 });
  return new Map(('arms' in built ? built.arms : []).map((arm) => [arm.name, arm]));
};

const lengthOf = (arm: Arm | undefined): number =>
  arm?.request.headers.reduce((sum, [, value]) => sum + value.length, 0) ?? 0;

describe('packets of another kind', () => {
  it('have the MSS and the DSCP of their arm, from source ports of their own', () => {
    const arms = packetsOf();
    expect(arms.get('small-mss-2')?.socket).toEqual({ bind: [], mss: 536 });
    expect(arms.get('dscp-ef-2')?.socket).toEqual({ bind: [], tos: 0xb8 });
    expect(arms.get('small-mss-dscp-ef-2')?.socket).toEqual({ bind: [], mss: 536, tos: 0xb8 });
    for (const { source } of arms.values()) expect(source?.ports).toBeDefined();
  });

  it('have no class where the base has one', () => {
    const arms = packetsOf({ socket: { bind: [], tos: 0x28 } });
    expect(arms.get('no-dscp-2')?.socket.tos).toBe(0);
    expect(arms.get('small-mss-2')?.socket.tos).toBe(0x28);
  });

  it('carry requests that fill a segment, whichever they are', () => {
    const arms = packetsOf();
    for (const name of ['large-2', 'small-mss-2', 'dscp-ef-2', 'small-mss-dscp-ef-2'])
      expect(lengthOf(arms.get(name))).toBeGreaterThan(1_460);
    expect(lengthOf(arms.get('baseline-2'))).toBeLessThan(1_000);
  });
});
