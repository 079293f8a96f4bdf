import { formatCount, formatShare } from '../format.ts';
import type { Figure } from './figure.ts';
import { type ArmSide, sideLabel } from './sides.ts';

/** Younger than a millisecond is drawn here: a logarithm has no 0. */
const YOUNGEST_SEC = 0.0005;

/** Which share of the attempts stalled, by how long their source port had rested. */
export function reuseFigure(_arm: string, sides: readonly ArmSide[]): Figure | undefined {
  const tables = sides.map(
    ({ summary }) => new Map((summary.byReuseAge ?? []).map((age) => [age.ageSec, age] as const)),
  );
  const ages = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort((a, b) => a - b);
  if (ages.length === 0) return undefined;
  const shares = tables.map((table) =>
    ages.map((age) => {
      const { attempts = 0, stalled = 0 } = table.get(age) ?? {};
      return attempts === 0 ? null : stalled / attempts;
    }),
  );
  const highest = shares.flat().reduce<number>((most, share) => Math.max(most, share ?? 0), 0);
  return {
    id: 'reuse',
    heading: 'Stalls by the age of the source port',
    note: 'Share of attempts on a reused source port that stalled, by how long the port had rested. An edge is a timer of some device on the path.',
    plots: [
      {
        title: '',
        x: { label: 'since the port was last closed', scale: 'log', unit: 'us' },
        y: {
          label: 'stalled',
          scale: 'linear',
          unit: 'percent',
          range: [0, highest === 0 ? 1 : Math.min(102, highest * 110)],
        },
        at: ages.map((sec) => Math.max(YOUNGEST_SEC, sec) * 1e6),
        series: sides.map(({ side, index }, position) => ({
          label: sideLabel(side, 'stalled'),
          colour: index,
          look: 'points' as const,
          y: (shares[position] ?? []).map((share) => (share === null ? null : share * 100)),
        })),
        spans: [],
        marks: [],
      },
    ],
    table: {
      columns: [
        { title: 'age from', align: 'left' },
        ...sides.flatMap(({ side }) =>
          ['attempts', 'stalled', 'share'].map(
            (title) => ({ title: sideLabel(side, title), align: 'right' }) as const,
          ),
        ),
      ],
      rows: ages.map((age, row) => [
        `${age} s`,
        ...tables.flatMap((table, position) => {
          const share = shares[position]?.[row] ?? null;
          const { attempts = 0, stalled = 0 } = table.get(age) ?? {};
          return [formatCount(attempts), formatCount(stalled), share === null ? '-' : formatShare(share)];
        }),
      ]),
    },
  };
}
