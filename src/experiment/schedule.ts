import { createRandomBelow } from '../random.ts';
import type { ExperimentStep } from '../store/experiment-file.ts';
import { SIDES } from '../store/experiment-schema.ts';

/**
 * The runs of an experiment in order: each round has one of each side, which of them goes first is drawn anew. What
 * drifts over the day then falls on both sides alike (randomised complete blocks: Fisher 1935, The Design of Experiments).
 * @param rounds 1 or more
 * @param seed equal seeds give equal orders
 */
export function scheduleRounds(rounds: number, seed: number): ExperimentStep[] {
  const random = createRandomBelow(seed);
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => {
    const order = random(2) === 0 ? SIDES : SIDES.toReversed();
    return order.map((side) => ({ round, side, state: 'waiting', runId: null, cut: [] }) as const);
  });
}
