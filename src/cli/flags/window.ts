import { InvalidArgumentError } from 'commander';
import { parseDurationUs } from './values.ts';

/** Limits of a soak's window; microseconds. */
const [SHORTEST_WINDOW_US, LONGEST_WINDOW_US] = [5_000_000, 600_000_000];

export function parseWindow(text: string): number {
  const us = parseDurationUs(text);
  if (us >= SHORTEST_WINDOW_US && us <= LONGEST_WINDOW_US && us % 1_000_000 === 0) return us;
  throw new InvalidArgumentError('It must be whole seconds, 5s to 10m.');
}
