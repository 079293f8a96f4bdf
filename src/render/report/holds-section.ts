import { CUTS, type Cut } from '../../outcome/cut.ts';
import { formatCount, formatShare } from '../format.ts';
import { htmlTable } from './html.ts';
import { armNames, armSides, type Side, sideLabel } from './sides.ts';

type Cuts = Readonly<Partial<Record<Cut, number>>>;

/** Outcomes of held connections, by idle time; empty if none was checked or cut. */
export function holdsSection(sides: readonly Side[]): string {
  const rows = armNames(sides).flatMap((arm) =>
    armSides(sides, arm).flatMap(({ side, summary: { cuts = {}, proofs = [] } }) => {
      const proved = proofs.map(({ ageSec, alive, cuts }) => rowOf(`${ageSec} s`, alive, cuts));
      const before = Object.fromEntries(
        CUTS.map((how) => [
          how,
          proofs.reduce((left, { cuts: part }) => left - (part[how] ?? 0), cuts[how] ?? 0),
        ]),
      );
      const isAnyBefore = Object.values(before).some((count) => count > 0);
      return [...(isAnyBefore ? [['before that', '-', '-', ...countsOf(before)]] : []), ...proved].map(
        (row) => [sideLabel(side, arm), ...row],
      );
    }),
  );
  if (rows.length === 0) return '';
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [
    left('arm'),
    right('checked at an age of'),
    right('lived'),
    right('share'),
    ...CUTS.map((how) => right(`cut: ${how}`)),
  ];
  const table = htmlTable({ columns, rows }, 'Held connections');
  return `<section><h2>Held connections, and how they were cut</h2>${table}</section>`;
}

function rowOf(age: string, alive: number, cuts: Cuts): string[] {
  const cut = CUTS.reduce((sum, how) => sum + (cuts[how] ?? 0), 0);
  return [age, formatCount(alive), formatShare(alive / (alive + cut)), ...countsOf(cuts)];
}

function countsOf(cuts: Cuts): string[] {
  return CUTS.map((how) => formatCount(cuts[how] ?? 0));
}
