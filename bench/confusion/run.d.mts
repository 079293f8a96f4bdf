import type { Options } from './options.d.mts';
import type { Cell, Entry, Sides, Version } from './types.d.mts';

export type Attempt = (
  cell: Cell,
  how: { sides: readonly Sides[]; session: Options['session']; scratch: string; signal: AbortSignal },
) => Promise<(Pick<Entry, 'sides' | 'seconds'> & Partial<Entry>)[]>;

export function runCells(
  cells: readonly Cell[],
  options: Options,
  how: {
    known: readonly Entry[];
    version: Version;
    signal: AbortSignal;
    say: (text: string) => void;
    attempt?: Attempt;
  },
): Promise<number>;
