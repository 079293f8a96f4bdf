import { expect, it } from 'vitest';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Attempt, attempt, countOf, isAnswered, withSwitchedLab } from './in-lab.ts';

/** From ports that NAT keeps for none of its clients: each connection is given the next spare one. */
function fromLowPorts(first: number): Attempt[] {
  return Array.from({ length: 10 }, (_, index) => ({ client: index, port: first + index }));
}

suiteNeeding('a firewall that is switched', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const inLab = withSwitchedLab();

  it.each([
    ['healthy', 2_000],
    ['table-limit', 2_100],
    ['small-nat-pool:50,clients=10,timestamps=on', 2_200],
    ['random-loss:0.01%', 2_300],
  ])('to %s gives out no port that one before has given out and still holds', async (preset, first) => {
    await inLab(preset, async (lab) => {
      expect(countOf(await attempt(lab, fromLowPorts(first)), isAnswered)).toBe(10);
    });
  });
});
