import { expect, it } from 'vitest';
import { TickClock } from '../../../src/net/capture/ticks.ts';

it.each([
  ['of microseconds', 6, 1_738_281_600n * 10n ** 6n + 123_456n, 123_456],
  ['of nanoseconds', 9, 1_738_281_600n * 10n ** 9n + 123_456_789n, 123_456.789],
  [
    'of more than a double divides exactly',
    0x80 | 53,
    (700n << 53n) + (1n << 52n) + 1n,
    500_000 + 1e6 / 2 ** 53,
  ],
])('reads ticks %s', (_, resolution, ticks, fractionUs) => {
  const clock = new TickClock(resolution, 0);
  clock.read(Number(ticks >> 32n), Number(ticks & 0xffff_ffffn));
  expect([clock.sec, clock.fractionUs]).toEqual([resolution > 9 ? 700 : 1_738_281_600, fractionUs]);
});
