import { describe, expect, it } from 'vitest';
import { planShards } from '../../../src/session/load/shards.ts';
import type { PlannedArm } from '../../../src/worker/protocol.ts';
import { armOf } from '../../analysis/parts.ts';

const planned: PlannedArm = {
  arm: armOf(),
  endpoints: [{ address: '10.0.0.9', port: 80, family: 4 }],
  sources: Array.from({ length: 40 }, (_, index) => `10.1.0.${index + 1}`),
  ports: [{ from: 30_000, to: 59_999 }],
};
const maxOpen = (engine: 'raw' | 'packet', changes: Partial<PlannedArm> = {}) =>
  planShards([{ ...planned, ...changes }], engine, 2, 1_024).map((plan) => plan.maxOpen);

describe('how much may be open at once', () => {
  it('is bound by descriptors for sockets, and by addresses and ports for packets', () => {
    expect(maxOpen('raw')[0]).toBeLessThan(512);
    expect(maxOpen('packet')).toEqual([600_000, 600_000]);
    expect(maxOpen('packet', { sources: ['10.1.0.1'] })).toEqual([15_000, 15_000]);
  });

  it('is bound by memory for packets', () => {
    const sources = Array.from({ length: 1_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    expect(maxOpen('packet', { sources })).toEqual([1_000_000, 1_000_000]);
  });
});
