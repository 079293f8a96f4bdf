import fc from 'fast-check';
import { expect, it } from 'vitest';
import { estimateOffset } from '../../src/fleet/clock-offset.ts';

it('the offset of a clock is never further off than the estimate says, however the ways differ', () => {
  const way = fc.double({ min: 0, max: 500, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: -7_200_000, max: 7_200_000, noNaN: true }),
      fc.array(fc.record({ there: way, thinking: way, back: way }), { minLength: 1, maxLength: 8 }),
      (offsetMs, exchanges) => {
        const estimate = estimateOffset(
          exchanges.map(({ there, thinking, back }, index) => {
            const askedAtMs = 1_000_000 * index;
            const receivedAtMs = askedAtMs + there + offsetMs;
            const sentAtMs = receivedAtMs + thinking;
            return { askedAtMs, receivedAtMs, sentAtMs, answeredAtMs: sentAtMs - offsetMs + back };
          }),
        )!;
        expect(Math.abs(estimate.offsetMs - offsetMs)).toBeLessThanOrEqual(estimate.errorMs + 1e-6);
        const shortest = Math.min(...exchanges.map(({ there, back }) => there + back));
        expect(estimate.errorMs).toBeCloseTo(shortest / 2, 5);
      },
    ),
  );
  expect(estimateOffset([])).toBeUndefined();
});
