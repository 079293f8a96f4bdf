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

export function registerPrune(results: Command, context: Context): void {
  const command = results
    .command('prune')
    .summary('remove old runs')
    .description(
      'Remove old runs, all but the latest, or the oldest until the rest fits. Show them and ask first. Keep runs in progress, runs with a note, runs that a probe has not sent to its fleet yet, and runs of an unfinished experiment.',
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
    .option('--unsent', 'also remove runs that a probe has not sent to its fleet yet')
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
  const [{ choosePruning }, { finishRemovals, removeRun }, { renderPruning }, { createSpare }] =
    await Promise.all([
      import('../../read/choose-pruning.ts'),
      import('../../store/prune.ts'),
      import('../../render/pruning.ts'),
      import('../spare-runs.ts'),
    ]);
  // Finishes removals that were interrupted; --dry-run removes nothing.
  if (options.dryRun !== true) await finishRemovals(resultsDir(host, options.results));
  const spare = await createSpare(
    resultsDir(host, options.results),
    { notedGo: options.noted === true, unsentGo: options.unsent === true },
    reportDamagedExperiment(host),
  );
  const beforeMs = olderThan === undefined ? undefined : host.now() - olderThan;
  const pruning = choosePruning(await chooseRuns(host, options), { beforeMs, keep, maxBytes }, spare);
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
  for (const run of pruning.remove) await removeRun(run);
  host.stdout.write(`Removed ${pruning.remove.length}.\n`);
  return EXIT.ok;
}
