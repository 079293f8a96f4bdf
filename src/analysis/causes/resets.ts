import type { Observations, Symptom } from '../observations/types.ts';

/** Fewer RSTs that nobody sent may be accidents of capturing. */
const FEWEST = 5;

/** From this share of what failed on, they account for it. */
const HALF = 0.5;

/** That most of the RSTs that came here were never sent by the far side, as both sides captured it. */
export function describeInvented({ kind, count }: Symptom, { both, arms }: Observations): string | undefined {
  const invented = both?.resetsInvented ?? 0;
  const failed = kind === 'refused' ? arms.reduce((sum, { refused }) => sum + refused, 0) : count;
  return invented >= FEWEST && invented >= failed * HALF
    ? `the far side never sent ${invented} of the RSTs that came here`
    : undefined;
}

/** Established connections of the ill arm that ended before their answer without an RST. */
export function endedByFin({ arm: { summary } }: Symptom): number {
  return (summary.outcomes['response-empty'] ?? 0) + (summary.outcomes['response-truncated'] ?? 0);
}
