import type { Outcome } from '../../outcome/outcome.ts';
import { formatCount } from '../format.ts';
import { OUTCOME_TEXT } from '../outcome-text.ts';
import type { Figure, Plot } from './figure.ts';
import { rollUp, stepOf } from './over-time.ts';
import { type ArmSide, sideLabel } from './sides.ts';

/** Colours before this one are for runs. */
const FIRST_COLOUR = 2;
const COLOURS = 6;

/** How attempts ended, by the second in which they did. */
export function outcomesFigure(arm: string, sides: readonly ArmSide[]): Figure | undefined {
  const outcomes = listOutcomes(sides);
  if (outcomes.length === 0) return undefined;
  const seconds = Math.max(...sides.map(({ run }) => run.seconds));
  const step = stepOf(seconds);
  const worst =
    step > 1
      ? ` Each point is the worst of ${step} seconds: the fewest ok, the most of every other outcome.`
      : '';
  return {
    id: 'outcomes',
    heading: 'Attempts by outcome over time',
    note: `Each attempt counts in the second in which it ended. The scale shows small and large numbers together.${worst}`,
    plots: sides.map((side) => plotOf(arm, side, outcomes, seconds, step)),
    table: {
      columns: [
        { title: 'outcome', align: 'left' },
        ...sides.map(({ side }) => ({ title: sideLabel(side, 'attempts'), align: 'right' }) as const),
        { title: 'means', align: 'left' },
      ],
      rows: outcomes.map((outcome) => [
        outcome,
        ...sides.map(({ summary }) => formatCount(summary.outcomes[outcome] ?? 0)),
        OUTCOME_TEXT[outcome] ?? '',
      ]),
    },
  };
}

/** Those that there were, `ok` first, then the most frequent. */
function listOutcomes(sides: readonly ArmSide[]): Outcome[] {
  const totals = new Map<Outcome, number>();
  for (const { summary } of sides) {
    for (const [outcome, count] of Object.entries(summary.outcomes) as [Outcome, number][]) {
      totals.set(outcome, (totals.get(outcome) ?? 0) + count);
    }
  }
  const weight = (outcome: Outcome) => (outcome === 'ok' ? Number.POSITIVE_INFINITY : totals.get(outcome)!);
  return [...totals.keys()].filter((name) => totals.get(name)! > 0).sort((a, b) => weight(b) - weight(a));
}

function plotOf(
  arm: string,
  { side, detail }: ArmSide,
  outcomes: readonly Outcome[],
  seconds: number,
  step: number,
): Plot {
  const points = Math.ceil(seconds / step);
  return {
    title: side === '' ? '' : sideLabel(side, arm),
    x: { label: 'seconds since the start', scale: 'linear', unit: 'sec', range: [0, seconds] },
    y: { label: 'attempts per second', scale: 'asinh', unit: 'count' },
    at: Array.from({ length: points }, (_, at) => at * step),
    series: outcomes.flatMap((outcome, index) => {
      const counts = detail.outcomes.get(outcome);
      if (counts === undefined) return [];
      const y = rollUp(counts, step, outcome === 'ok' ? 'lowest' : 'highest');
      return [
        {
          label: outcome,
          colour: FIRST_COLOUR + (index % COLOURS),
          dash: index < COLOURS ? [] : [4, 3],
          look: 'line' as const,
          y: Array.from({ length: points }, (_, at) => y[at] ?? null),
        },
      ];
    }),
    spans: [],
    marks: [],
  };
}
