import type { Pruning } from '../read/choose-pruning.ts';
import type { RunListing } from '../read/listing.ts';
import { formatBytes, formatPlural } from './format.ts';
import { renderRuns } from './runs.ts';
import { wrap, wrapHanging } from './wrap.ts';

/** The runs that would be removed, old runs that are kept, and the totals. */
export function renderPruning({ remove, spared, left }: Pruning, width: number): string {
  const lines = spared.flatMap(({ run, because }) =>
    wrapHanging(`stays: ${run.id} (${because})`, width, 2).map((line) => `${line}\n`),
  );
  const total = wrap(`To remove: ${describe(remove)}; ${describe(left)} would remain.`, width).join('\n');
  return [remove.length === 0 ? '' : renderRuns(remove, width), ...lines, total, '\n'].join('');
}

function describe(runs: readonly RunListing[]): string {
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  return `${formatPlural(runs.length, 'run', 'runs')}, ${formatBytes(bytes)}`;
}
