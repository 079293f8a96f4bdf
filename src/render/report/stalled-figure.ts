import { formatCount, formatPlural } from '../format.ts';
import type { Figure, Plot } from './figure.ts';
import { rollUp, stepOf, stretches, sumBetween, tableRows } from './over-time.ts';
import { type ArmSide, sideLabel } from './sides.ts';

/** Stalls by the second in which their SYN was sent, outages and ramps shaded; a drawing for each run, on one scale. */
export function stalledFigure(_arm: string, sides: readonly ArmSide[]): Figure {
  const seconds = Math.max(...sides.map(({ run }) => run.seconds));
  const step = stepOf(seconds);
  const highest = sides.reduce(
    (max, { detail }) => detail.stalled.reduce((most, count) => Math.max(most, count), max),
    1,
  );
  return {
    id: 'stalled',
    heading: 'Stalled connections over time',
    note: `${sides.map(describe).join(' ')}${step > 1 ? ` Each point is the worst of ${step} seconds.` : ''}`,
    plots: sides.map((side) => plotOf(side, seconds, step, highest)),
    table: {
      columns: [
        { title: 'seconds', align: 'left' },
        ...sides.map(({ side }) => ({ title: sideLabel(side, 'stalled'), align: 'right' }) as const),
      ],
      rows: tableRows(seconds).map(({ from, to }) => [
        to - from === 1 ? `${from}` : `${from}-${to - 1}`,
        ...sides.map(({ detail }) => formatCount(sumBetween(detail.stalled, from, to))),
      ]),
    },
  };

  function describe({ side, summary, detail }: ArmSide): string {
    const outages = summary.outages?.runs.length ?? 0;
    const ramp = summary.ramp?.stalled ?? 0;
    const parts = [
      `${formatPlural(summary.stalled.count, 'attempt', 'attempts')} of ${formatCount(summary.started)} stalled`,
      ...(outages === 0 ? [] : [`${formatPlural(outages, 'outage is', 'outages are')} shaded red`]),
      ...(detail.ramping.includes(true)
        ? [
            `ramps are shaded grey and do not count${ramp === 0 ? '' : ` (${formatCount(ramp)} stalled in them)`}`,
          ]
        : []),
    ];
    const sentence = `${parts.join('; ')}.`;
    return side === '' ? sentence : `${side[0]!.toUpperCase()}${side.slice(1)}: ${sentence}`;
  }
}

function plotOf(
  { side, index, arm, detail, summary }: ArmSide,
  seconds: number,
  step: number,
  highest: number,
): Plot {
  const y = rollUp(detail.stalled, step, 'highest');
  const points = Math.ceil(seconds / step);
  return {
    title: side === '' ? '' : sideLabel(side, arm),
    x: { label: 'seconds since the start', scale: 'linear', unit: 'sec', range: [0, seconds] },
    y: { label: 'stalled per second', scale: 'linear', unit: 'count', range: [0, highest * 1.08] },
    at: Array.from({ length: points }, (_, at) => at * step),
    series: [
      {
        label: 'stalled',
        colour: index,
        look: 'steps',
        y: Array.from({ length: points }, (_, at) => y[at] ?? null),
      },
    ],
    spans: [
      ...stretches(detail.ramping).map(({ from, to }) => ({ from, to, kind: 'ramp' as const })),
      ...(summary.outages?.runs ?? []).map(({ fromSec, toSec }) => ({
        from: fromSec,
        to: toSec,
        kind: 'outage' as const,
      })),
    ],
    marks: [],
  };
}
