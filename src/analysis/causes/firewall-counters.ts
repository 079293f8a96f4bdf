import type { Observations, Symptom } from '../observations/types.ts';
import { NOT_OF_A_PORT } from './clean-arms.ts';
import { COPIES } from './own-drops.ts';

/** Fewer failures than this may agree with a counter by accident. */
const FEWEST = 20;

/** Far fewer searches failed than packets were dropped: then it was not the search that dropped them. */
const FEW_SEARCHES = 1 / 3;

type Moved = NonNullable<Observations['firewall']>['moved'][number];

/** By how much those of the firewall's counters grew during the run. */
function growthOf({ firewall }: Observations, fits: (moved: Moved) => boolean): number {
  return (firewall?.moved ?? [])
    .filter(fits)
    .reduce((sum, { from, to }) => sum + Math.max(0, Number(to) - Number(from) || 0), 0);
}

/** `drop` of conntrack -S, `state-limit` of pfctl: other firewalls' drops are of rules and limits as well. */
function isForWantOfRoom({ where, key }: Moved): boolean {
  return (key === 'drop' && /cpu=\d+$/.test(where)) || /^state-limit$/.test(key);
}

function isSearch({ key }: Moved): boolean {
  return /insert_failed/.test(key);
}

/**
 * That the firewall's own count of drops for want of room accounts for the failures. Linux counts a search for a NAT port that fails
 * in `drop` as well as in `insert_failed` (nf_conntrack_core.c): then it says nothing of the table.
 */
export function describeTableDrops({ count }: Symptom, seen: Observations): string | undefined {
  const dropped = growthOf(seen, isForWantOfRoom);
  const areSearches = growthOf(seen, isSearch) > dropped * FEW_SEARCHES;
  return count >= FEWEST && !areSearches && dropped >= count && dropped <= count * COPIES
    ? `the firewall counted ${dropped} drops for want of room, for ${count} failures`
    : undefined;
}

/**
 * That searches for a free NAT port failed about as often as handshakes, while another port of the far host was clean: other traffic,
 * such as DNS over UDP, moves that counter as well, so that the number alone says little.
 */
export function describeFailedSearches(
  { kind, count, contrasts }: Symptom,
  seen: Observations,
): string | undefined {
  const failed = growthOf(seen, isSearch);
  const other = contrasts.find(
    ({ fared, differs }) => fared === 'clean' && differs.includes('port') && differs.every(NOT_OF_A_PORT),
  );
  return kind === 'stalled' &&
    other !== undefined &&
    count >= FEWEST &&
    failed >= count * 0.8 &&
    failed <= count * COPIES
    ? `the firewall's insert_failed grew by ${failed}, for ${count} stalls, and another port of the same host stayed clean (arm ${other.arm})`
    : undefined;
}
