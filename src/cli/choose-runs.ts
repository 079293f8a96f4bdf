import { type Command, Option } from 'commander';
import type { RunFilter } from '../read/filter.ts';
import type { RunListing } from '../read/listing.ts';
import { resultsDir } from './flags/run-options.ts';
import type { Host } from './host.ts';
import { reportDamaged } from './output/report-damaged.ts';

/** Flags that choose among runs. */
export interface FilterOptions {
  readonly results?: string;
  readonly scenario?: string;
  readonly label?: string;
  readonly since?: string;
  readonly status?: RunListing['status'];
  readonly failed?: boolean;
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--scenario <pattern>', 'only runs of this scenario; * matches any text, ? any character')
    .option('--label <pattern>', 'only runs with this label; patterns as above')
    .option('--since <when>', 'only runs no older than this: 7d, 12h, 2025-01-31, 2025-01-31T06:00:00Z')
    .addOption(
      new Option('--status <status>', 'only runs with this status').choices([
        'complete',
        'interrupted',
        'failed',
        'running',
      ]),
    )
    .option('--failed', 'only runs that failed a criterion');
}

/** The runs that the flags choose, oldest first. */
export async function chooseRuns(host: Host, options: FilterOptions): Promise<RunListing[]> {
  return (await listChosen(host, options)).runs;
}

/** The same, with all others, and with what the flags ask for. */
export async function listChosen(
  host: Host,
  options: FilterOptions,
): Promise<{
  readonly runs: RunListing[];
  readonly all: readonly RunListing[];
  readonly filter: RunFilter;
}> {
  const [{ listRuns }, { filterRuns, parseSince }] = await Promise.all([
    import('../read/listing.ts'),
    import('../read/filter.ts'),
  ]);
  const { since, scenario, label, status, failed } = options;
  const sinceMs = since === undefined ? undefined : parseSince(since, host.now());
  const filter = { scenario, label, sinceMs, status, failed };
  const all = await listRuns(resultsDir(host, options.results), reportDamaged(host));
  return { runs: filterRuns(all, filter), all, filter };
}
