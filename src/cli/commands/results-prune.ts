import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { parseAge, parseSize } from '../../read/filter.ts';
import { addFilterOptions, chooseRuns, type FilterOptions } from '../choose-runs.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { asValue, parseCount } from '../flags/values.ts';
import { reportDamagedExperiment } from '../output/report-damaged.ts';

interface PruneOptions extends FilterOptions {
  readonly olderThan?: number;
  readonly keep?: number;
  readonly maxSize?: number;
  readonly noted?: boolean;
  readonly unsent?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Flags that leave some runs out. */
const FILTERS = ['scenario', 'label', 'since', 'status', 'failed'] as const;

export function registerPrune(results: Command, context: Context): void {
  const command = results
    .command('prune')
    .summary('remove old runs')
    .description(
      'Remove old runs, all but the latest, or the oldest until the rest fits. Show them and ask first. The run of a fleet goes with the folders of its probes, as one. Keep runs in progress or being received, runs with a note, runs that a probe has not sent to its fleet yet or that were not received whole, and runs of an unfinished experiment.',
    )
    .addOption(resultsOption())
    .option(
      '--older-than <age>',
      'remove runs that started longer ago than this: 30d, 2w, 12h',
      asValue(parseAge),
    )
    .option('--keep <n>', 'remove all but the latest n', parseCount)
    .option(
      '--max-size <size>',
      'remove the oldest until the rest takes at most this: 2GB',
      asValue(parseSize),
    )
    .option('--noted', 'also remove runs with a note')
    .option(
      '--unsent',
      'also remove runs that a probe has not sent to its fleet yet, or that were not received whole',
    )
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show what would be removed, but remove nothing');
  addFilterOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  rushhour results prune --older-than 30d --dry-run
  rushhour results prune --keep 50 --yes
  rushhour results prune --scenario quickstart --keep 1
  rushhour results prune --max-size 2GB

Other flags select the runs to choose from: the rest is neither removed nor counted.`,
    )
    .action(
      context.act((options: PruneOptions, { parent }: Command) => {
        const astray = Object.keys(parent?.opts() ?? {});
        if (astray.length > 0) {
          // Ignoring them would remove more than intended.
          throw new UsageError(
            `the flags of prune must follow it: ${astray.join(', ')} would have no effect here`,
            {
              hint: 'write rushhour results prune, followed by all flags',
            },
          );
        }
        return prune(context, options);
      }),
    );
}

async function prune({ host }: Context, options: PruneOptions): Promise<ExitCode> {
  const { olderThan, keep, maxSize: maxBytes } = options;
  if (olderThan === undefined && keep === undefined && maxBytes === undefined) {
    throw new UsageError('no flag says which runs to remove', {
      hint: 'give --older-than 30d, --keep 50 or --max-size 2GB',
    });
  }
  const [
    { choosePruning },
    { groupRuns },
    { finishRemovals, removeRun },
    { renderPruning },
    { createSpare },
  ] = await Promise.all([
    import('../../read/choose-pruning.ts'),
    import('../../read/prunable.ts'),
    import('../../store/prune.ts'),
    import('../../render/pruning.ts'),
    import('../spare-runs.ts'),
  ]);
  const results = resultsDir(host, options.results);
  // Finishes removals that were interrupted; --dry-run removes nothing.
  if (options.dryRun !== true) await finishRemovals(results);
  const spare = await createSpare(
    results,
    { notedGo: options.noted === true, unsentGo: options.unsent === true, nowMs: host.now() },
    reportDamagedExperiment(host),
  );
  const beforeMs = olderThan === undefined ? undefined : host.now() - olderThan;
  const all = await chooseRuns(host, options.results === undefined ? {} : { results: options.results });
  const isEverything = FILTERS.every((flag) => options[flag] === undefined);
  const runs = await groupRuns(
    results,
    all,
    isEverything ? all : await chooseRuns(host, options),
    isEverything,
  );
  const pruning = choosePruning(runs, { beforeMs, keep, maxBytes }, spare);
  host.stdout.write(renderPruning(pruning, host.stdout.columns));
  if (pruning.remove.length === 0) return EXIT.ok;
  if (options.dryRun === true) {
    host.stdout.write('Dry run: nothing was removed.\n');
    return EXIT.ok;
  }
  if (options.yes !== true) {
    if (host.ask === undefined) {
      throw new UsageError('nothing was removed: there is no terminal to ask for confirmation', {
        hint: 'confirm with --yes, or preview with --dry-run',
      });
    }
    if (!/^y(es)?$/i.test((await host.ask('Remove them? [y/N] ')).trim())) {
      host.stdout.write('Nothing was removed.\n');
      return EXIT.ok;
    }
  }
  for (const { dirs } of pruning.remove) for (const dir of dirs) await removeRun({ dir });
  host.stdout.write(`Removed ${pruning.remove.length}.\n`);
  return EXIT.ok;
}
