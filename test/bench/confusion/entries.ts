import type { Cell, Entry } from '../../../bench/confusion/types.d.mts';

export const CELL: Cell = {
  ...{ id: 'random-loss #1', label: 'random-loss', seed: 1, argument: 'random-loss:clients=2,loss=3%' },
  ...{ causes: ['loss'], ratePerSec: 50 },
};

export function entry(changes: Partial<Entry> = {}): Entry {
  return {
    ...CELL,
    ...{ commit: 'c0ffee', rules: 'r1', sides: 'both', session: 'adaptive', busy: 0, seconds: 100 },
    ...{ verdict: 'named', named: ['loss'], rivals: [], class: 'right' },
    ...changes,
  };
}
