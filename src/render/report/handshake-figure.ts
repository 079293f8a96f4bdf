import { type RecordedTime, recordedTimes } from '../../analysis/recorded-times.ts';
import { formatCount, formatMicros, formatPlural } from '../format.ts';
import type { Figure } from './figure.ts';
import { type ArmSide, sideLabel } from './sides.ts';

/** Bins per decade: each a quarter wider than the one before, fine enough to separate 1 s and 2 s. */
const BINS_A_DECADE = 10;

interface Bins {
  readonly first: number;
  readonly counts: readonly (readonly number[])[];
}

/** Handshakes by duration, on logarithmic axes, with the times at which a lost SYN is retransmitted. */
export function handshakeFigure(arm: string, sides: readonly ArmSide[]): Figure | undefined {
  const times = sides.map(({ run }) => recordedTimes(run.histograms.get(`${arm}.handshake`)));
  const bins = binTimes(times);
  if (bins === undefined) return undefined;
  const { first, counts } = bins;
  const length = counts[0]?.length ?? 0;
  const edges = Array.from({ length: length + 1 }, (_, index) => edgeOf(first + index));
  const lastEdge = edges.at(-1) ?? 1;
  const schedule = [...new Set(sides.flatMap(scheduleOf))].sort((a, b) => a - b);
  const marks = schedule
    .filter((sec) => sec * 1e6 <= lastEdge)
    .map((sec) => ({ at: sec * 1e6, label: `${sec} s` }));
  return {
    id: 'handshake',
    heading: 'Handshakes by duration',
    note: `${formatCounts(sides)} from when they were due. ${
      marks.length > 0
        ? 'Dashed lines: when this host retransmits a lost SYN. A heap just after one consists of handshakes that were answered at that SYN.'
        : schedule.length > 0
          ? 'None took as long as this host waits before it retransmits a SYN.'
          : 'This run does not know when its host retransmits a SYN.'
    }`,
    plots: [
      {
        title: '',
        x: {
          label: 'handshake',
          scale: 'log',
          unit: 'us',
          range: [edges[0] ?? 1, lastEdge],
        },
        y: { label: 'handshakes', scale: 'asinh', unit: 'count' },
        at: edges,
        series: sides.map(({ side, index }, position) => ({
          label: sideLabel(side, 'handshakes'),
          colour: index,
          look: 'steps' as const,
          y: [...(counts[position] ?? []), 0],
        })),
        spans: [],
        marks,
      },
    ],
    table: {
      columns: [
        { title: 'handshake', align: 'left' },
        ...sides.map(({ side }) => ({ title: sideLabel(side, 'count'), align: 'right' }) as const),
      ],
      rows: Array.from({ length }, (_, index) => index)
        .filter((index) => counts.some((side) => (side[index] ?? 0) > 0))
        .map((index) => [
          `${formatMicros(edges[index] ?? 0)} - ${formatMicros(edges[index + 1] ?? 0)}`,
          ...counts.map((side) => formatCount(side[index] ?? 0)),
        ]),
    },
  };
}

function formatCounts(sides: readonly ArmSide[]): string {
  return sides
    .map(({ side, summary }) =>
      sideLabel(side, formatPlural(summary.handshakeUs.count, 'handshake', 'handshakes')),
    )
    .join(', ');
}

function scheduleOf({ run, summary }: ArmSide): readonly number[] {
  return run.synResentAtSec.length > 0
    ? run.synResentAtSec
    : (summary.stallSteps?.steps.map(({ atSec }) => atSec) ?? []);
}

/** All in the same bins, with an empty one on either side; undefined if nothing was recorded. */
function binTimes(times: readonly (readonly RecordedTime[])[]): Bins | undefined {
  const all = times.flat();
  if (all.length === 0) return undefined;
  const indexes = all.map(({ us }) => binOf(us));
  const first = indexes.reduce((least, index) => Math.min(least, index)) - 1;
  const last = indexes.reduce((most, index) => Math.max(most, index)) + 1;
  const counts = times.map((side) => {
    const bins = new Array<number>(last - first + 1).fill(0);
    for (const { us, count } of side) bins[binOf(us) - first]! += count;
    return bins;
  });
  return { first, counts };
}

function binOf(us: number): number {
  return Math.floor(Math.log10(Math.max(1, us)) * BINS_A_DECADE + 1e-9);
}

function edgeOf(index: number): number {
  return Number((10 ** (index / BINS_A_DECADE)).toPrecision(4));
}
