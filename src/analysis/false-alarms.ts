import type { Figure } from './compare/arm-figures.ts';

/** The accepted share of comparisons and trends without a change in which some line claims one. */
export const ALPHA = 0.05;

/**
 * How the allowed false alarms are divided among the lines of each role: the main subject of a comparison or a trend
 * keeps nearly all its power however many other lines there are.
 */
const ROLE_WEIGHTS: Readonly<Record<Figure['role'], number>> = { stalls: 0.8, others: 0.1, aside: 0.1 };

/** A line to be evaluated, and the number of attempts behind it. */
interface Weighed {
  readonly figure: Pick<Figure, 'role'>;
  readonly attempts: number;
}

/**
 * Each line's share of the false alarms, in order. The deciding lines share theirs in proportion to the attempts of
 * their arms, which are known before anything is measured: a control arm with few attempts does not weaken the arm that
 * it controls for.
 */
export function weighLines(lines: readonly Weighed[]): number[] {
  return lines.map(({ figure: { role }, attempts }) => {
    const alike = lines.filter(({ figure }) => figure.role === role);
    if (role === 'aside') return ROLE_WEIGHTS[role] / alike.length;
    return (ROLE_WEIGHTS[role] * attempts) / alike.reduce((sum, other) => sum + other.attempts, 0);
  });
}
