import type { Command } from 'commander';
import { EXIT, UsageError } from '../../errors.ts';
import type { Context } from '../context.ts';
import { wantsColour } from '../host.ts';
import { resultsDir, resultsOption } from '../run-options.ts';
import { shownPath } from '../shown-path.ts';

interface ResultsOptions {
  readonly results?: string;
  readonly json?: boolean;
  readonly names?: boolean;
}

export function registerResults(program: Command, context: Context): void {
  const command = program
    .command('results')
    .summary('list the runs that were kept, or show one')
    .description('Lists the runs that were kept, oldest first.')
    .enablePositionalOptions()
    .addOption(resultsOption())
    .option('--json', 'print the list as JSON')
    .option('--names', 'print ids alone, one a line')
    .addHelpText(
      'after',
      `
Examples:
  rushhour results
  rushhour results show            the latest
  rushhour results show 20250131`,
    )
    .action(context.act((options: ResultsOptions) => printList(context, options)));
  command
    .command('show')
    .summary('print the summary of a run again')
    .description(
      'Prints the summary of a run again; that of one which was interrupted, or is still under way, is made from what there is of it.',
    )
    .argument('[run]', 'id, the start of one, label or folder (default: the latest)')
    .addOption(resultsOption())
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
Examples:
  rushhour results show
  rushhour results show "timer 60 s" --json`,
    )
    .action(
      context.act((name: string | undefined, options: ResultsOptions) => printRun(context, name, options)),
    );
}

async function printList({ host }: Context, options: ResultsOptions) {
  const [{ listRuns }, { renderRuns }] = await Promise.all([
    import('../../store/listing.ts'),
    import('../../render/runs.ts'),
  ]);
  const dir = resultsDir(host, options.results);
  const runs = await listRuns(dir);
  if (options.json === true) host.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
  else if (options.names === true) host.stdout.write(runs.map(({ id }) => `${id}\n`).join(''));
  else if (runs.length === 0)
    host.stderr.write(`There are no runs in ${dir} yet: rushhour run quickstart makes one.\n`);
  else host.stdout.write(renderRuns(runs, host.stdout.columns));
  return EXIT.ok;
}

async function printRun({ host }: Context, name: string | undefined, options: ResultsOptions) {
  const [{ findRun, listRuns }, { readSummary }, { renderSummary }] = await Promise.all([
    import('../../store/listing.ts'),
    import('../../store/run-reader.ts'),
    import('../../render/summary.ts'),
  ]);
  const results = resultsDir(host, options.results);
  const dir = name === undefined ? (await listRuns(results)).at(-1)?.dir : await findRun(name, results);
  if (dir === undefined) {
    throw new UsageError(`there are no runs in ${results}`, { hint: 'rushhour run quickstart makes one' });
  }
  const summary = await readSummary(dir);
  if (options.json === true) host.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const colour = wantsColour(host, host.stdout);
    host.stdout.write(
      renderSummary(summary, { colour, width: host.stdout.columns, dir: shownPath(dir, host.cwd) }),
    );
  }
  return EXIT.ok;
}
