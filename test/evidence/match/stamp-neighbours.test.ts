import { expect, it } from 'vitest';
import { StampNeighbours } from '../../../src/evidence/match/stamp-neighbours.ts';

const NEAR = { id: 1, atUs: 0, stamp: 100 };
/** So much later that no clock gives the same timestamp again. */
const LATER_US = 60_000_000;

it.each([
  [64, false],
  [65, true],
])('calls a timestamp that comes %i times crowded: %s', (times, isCrowded) => {
  const neighbours = new StampNeighbours([NEAR]);
  for (let id = 1; id <= times; id += 1) neighbours.add({ id, atUs: id === 1 ? 0 : LATER_US, stamp: 100 });
  expect(neighbours.isCrowded(100, 1, 0)).toBe(isCrowded);
});
