import type { RunListing } from './listing.ts';

/** What makes a run one to remove: any of these. */
export interface PruneRules {
  /** Milliseconds since 1970: what started before. */
  readonly beforeMs?: number | undefined;
  /** All but so many, the latest. */
  readonly keep?: number | undefined;
  /** The oldest, until what is left takes no more. */
  readonly maxBytes?: number | undefined;
}

export interface Pruning<R extends RunListing = RunListing> {
  /** Oldest first. */
  readonly remove: readonly R[];
  /** Runs that the rules would have removed, and why they stay. */
  readonly spared: readonly { readonly run: R; readonly because: string }[];
  readonly left: readonly R[];
}

/**
 * Chooses which runs to remove. Pure.
 * @param runs oldest first
 * @param spare gives the reason why a run has to stay; undefined if it need not
 */
export function choosePruning<R extends RunListing>(
  runs: readonly R[],
  { beforeMs, keep, maxBytes }: PruneRules,
  spare: (run: R) => string | undefined,
): Pruning<R> {
  const chosen = new Set<R>();
  for (const run of runs) if (beforeMs !== undefined && Date.parse(run.startedAt) < beforeMs) chosen.add(run);
  if (keep !== undefined) for (const run of runs.slice(0, Math.max(0, runs.length - keep))) chosen.add(run);
  if (maxBytes !== undefined) {
    const stays = (run: R): boolean => !chosen.has(run) || spare(run) !== undefined;
    let bytes = runs.filter(stays).reduce((sum, run) => sum + run.bytes, 0);
    for (const run of runs.filter(stays)) {
      if (bytes <= maxBytes) break;
      chosen.add(run);
      if (spare(run) === undefined) bytes -= run.bytes;
    }
  }
  const spared = [...chosen].flatMap((run) => {
    const because = spare(run);
    return because === undefined ? [] : [{ run, because }];
  });
  const remove = runs.filter((run) => chosen.has(run) && spare(run) === undefined);
  return { remove, spared, left: runs.filter((run) => !remove.includes(run)) };
}
