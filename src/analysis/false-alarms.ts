import type { Figure } from './compare/arm-figures.ts';

/** Of all comparisons and trends in which nothing changed, so many may have a line that claims a change. */
export const ALPHA = 0.05;

/**
 * How the false alarms that are granted are shared out between the lines of each role: what a comparison or a trend is
 * about keeps nearly all its power however many other lines there are.
 */
const ROLE_WEIGHTS: Readonly<Record<Figure['role'], number>> = { stalls: 0.8, others: 0.1, aside: 0.1 };

/** A line to be judged, and the attempts behind it. */
interface Weighed {
  readonly figure: Pick<Figure, 'role'>;
  readonly attempts: number;
}

/**
 * Each line's share of the false alarms, in order. Of the lines that decide each arm has its part by its attempts, known
 * before anything is measured: a control arm of a few attempts, which tells little anyway, does not blunt the arm that it
 * controls for.
 */
export function weighLines(lines: readonly Weighed[]): number[] {
  return lines.map(({ figure: { role }, attempts }) => {
    const alike = lines.filter(({ figure }) => figure.role === role);
    if (role === 'aside') return ROLE_WEIGHTS[role] / alike.length;
    return (ROLE_WEIGHTS[role] * attempts) / alike.reduce((sum, other) => sum + other.attempts, 0);
  });
}
