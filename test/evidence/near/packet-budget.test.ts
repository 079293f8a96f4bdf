import { describe, expect, it } from 'vitest';
import { PacketBudget } from '../../../src/evidence/near/packet-budget.ts';

/** Whether it was exceeded, at calls every 50 ms that report so many packets each. */
function exceeded(packets: readonly number[], mostPerSec = 1_000): boolean[] {
  const budget = new PacketBudget(mostPerSec);
  return packets.map((count, index) => budget.exceeds(count, 7 + index * 50_000));
}

describe('the packets that may be read beside a load', () => {
  it('are exceeded by a rate above theirs, within a fifth of a second', () => {
    // What had come before the first call came in no known time.
    expect(exceeded([9_000, 51, 51, 51, 51, 0])).toEqual([false, false, false, false, true, false]);
  });

  it('are exceeded at once by more than may come in all that time', () => {
    expect(exceeded([0, 201, 0])).toEqual([false, true, false]);
  });

  it('are not exceeded by their own rate, nor by a burst that is less on the whole', () => {
    const steady = Array.from({ length: 40 }, () => 50);
    expect(exceeded(steady)).not.toContain(true);
    expect(exceeded([0, 190, 0, 0, 0, 190, 0, 0, 0])).not.toContain(true);
  });

  it('are counted by the time that calls took', () => {
    const budget = new PacketBudget(1_000);
    budget.exceeds(0, 0);
    expect(budget.exceeds(999, 1_000_000)).toBe(false);
    expect(budget.exceeds(1_001, 2_000_000)).toBe(true);
  });

  it('are any number where nothing bounds them', () => {
    expect(exceeded([0, 1e9, 1e9, 1e9, 1e9], Number.POSITIVE_INFINITY)).not.toContain(true);
  });
});
