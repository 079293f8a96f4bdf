import { BROWSING_KEYS } from '../analysis/compare/arm-figures.ts';
import type { ArmCells } from '../analysis/compare/cells.ts';
import type { SeriesCounts } from '../metrics/types.ts';

/** Adds what is counted of browsers alone to an arm's cells. */
export function addBrowsing(
  cells: ArmCells,
  second: number,
  { browsing, challenges }: Readonly<SeriesCounts>,
): void {
  if (browsing === undefined) return;
  const { pages = 0, openMost = 0, openLast = 0 } = browsing;
  cells.add(BROWSING_KEYS.pages, second, pages);
  cells.add(BROWSING_KEYS.challenges, second, challenges);
  cells.add(BROWSING_KEYS.open, second, openLast);
  if (openMost > 0) cells.add(BROWSING_KEYS.seconds, second, 1);
}
