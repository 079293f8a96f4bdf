import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Summary } from '../../analysis/types.ts';
import { EXIT, UsageError } from '../../errors.ts';
import type { FoundFleetRun } from '../../read/fleet/list.ts';
import { nameOfFolder } from '../../read/folder-name.ts';
import { escapeControls } from '../../render/escape.ts';
import { shownPath } from '../../scenario/shown-path.ts';
import { addFilterOptions, type FilterOptions, listChosen } from '../choose-runs.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { type Host, wantsColour } from '../host.ts';
import { diagnoseCommand } from '../output/diagnose-command.ts';
import { reportDamaged } from '../output/report-damaged.ts';
import { registerPrune } from './results-prune.ts';

interface ListOptions extends FilterOptions {
  readonly json?: boolean;
  readonly names?: boolean;
}

interface ShowOptions {
  readonly results?: string;
  readonly json?: boolean;
}

export function registerResults(program: Command, context: Context): void {
  const command = program
    .command('results')
    .description('List the recorded runs, oldest first, and below them those of fleets.')
    .enablePositionalOptions()
    .addOption(resultsOption());
  addFilterOptions(command)
    .option('--json', 'print the list as JSON')
    .option('--names', 'print only the names of their folders, which are their ids, one per line')
    .addHelpText(
      'after',
      `
Examples:
  rushhour results
  rushhour results --scenario 'nat-*' --since 7d --failed
  rushhour results show            the latest
  rushhour results show 20250131
  rushhour results label 20250131-06 "timer 60 s"
  rushhour results prune --older-than 30d`,
    )
    .action(context.act((options: ListOptions) => printList(context, options)));
  registerShow(command, context);
  registerNotes(command, context);
  registerPrune(command, context);
}

function registerShow(results: Command, context: Context): void {
  results
    .command('show')
    .summary('print the summary of a run again')
    .description(
      'Print the summary of a run again, or of a fleet’s run: its sites, and its probes. For a run that was interrupted, or is still in progress, it is computed from the data so far.',
    )
    .argument('[run]', 'id or its start, label or folder (default: the latest)')
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
      context.act((name: string | undefined, options: ShowOptions) => printRun(context, name, options)),
    );
}

function registerNotes(results: Command, context: Context): void {
  const kinds = [
    { name: 'label', does: 'change the label of a run', example: '"timer 60 s"' },
    {
      name: 'note',
      does: 'add a note to a run, so that prune keeps it',
      example: '"for ticket 4711"',
    },
  ] as const;
  for (const { name, does, example } of kinds) {
    results
      .command(name)
      .summary(does)
      .description(`${does.charAt(0).toUpperCase()}${does.slice(1)}. An empty text removes it.`)
      .argument('<run>', 'id or its start, label or folder; of a fleet’s run, all of its probes')
      .argument('<text>', name)
      .addOption(resultsOption())
      .addHelpText('after', `\nExample:\n  rushhour results ${name} 20250131-060000-steady ${example}`)
      .action(
        context.act(async (run: string, text: string, options: ShowOptions) => {
          const [{ findNoted }, { changeNotes }] = await Promise.all([
            import('../../read/noted.ts'),
            import('../../store/notes.ts'),
          ]);
          for (const dir of await findNoted(run, resultsDir(context.host, options.results)))
            await changeNotes(dir, { [name]: text });
          return EXIT.ok;
        }),
      );
  }
}

async function printList({ host }: Context, options: ListOptions) {
  const { runs, all, filter } = await listChosen(host, options);
  if (options.json === true) host.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
  else if (options.names === true)
    host.stdout.write(runs.map(({ name }) => `${escapeControls(name)}\n`).join(''));
  else {
    const [{ listFleetRows }, { renderFleetRuns, renderRuns }] = await Promise.all([
      import('../../read/fleet/list-rows.ts'),
      import('../../render/runs.ts'),
    ]);
    const dir = resultsDir(host, options.results);
    const fleets = await listFleetRows(dir, all, filter);
    const { columns } = host.stdout;
    const tables = [
      ...(runs.length === 0 ? [] : [renderRuns(runs, columns)]),
      ...(fleets.length === 0 ? [] : [renderFleetRuns(fleets, columns)]),
    ];
    if (tables.length === 0) host.stderr.write(formatEmpty(dir, all.length));
    else host.stdout.write(tables.join('\n'));
  }
  return EXIT.ok;
}

function formatEmpty(dir: string, count: number): string {
  return count === 0
    ? `There are no runs in ${dir} yet: rushhour run quickstart creates one.\n`
    : `None of the ${count} runs in ${dir} match.\n`;
}

async function printRun({ host }: Context, name: string | undefined, options: ShowOptions) {
  const [
    { findFleetRun },
    { findRun },
    { listRuns },
    { readSummary },
    { renderSummary },
    { readNotes },
    { readTested },
  ] = await Promise.all([
    import('../../read/fleet/find.ts'),
    import('../../read/find-run.ts'),
    import('../../read/listing.ts'),
    import('../../read/summary.ts'),
    import('../../render/summary.ts'),
    import('../../store/notes.ts'),
    import('../../read/run-tested.ts'),
  ]);
  const results = resultsDir(host, options.results);
  const latest = name === undefined ? (await listRuns(results, reportDamaged(host))).at(-1)?.dir : undefined;
  const fleet =
    name === undefined ? await findLatestFleet(latest, results) : await findFleetRun(name, results);
  if (fleet !== undefined) return printFleet(host, fleet, options);
  const dir = name === undefined ? latest : await findRun(name, results);
  if (dir === undefined) {
    throw new UsageError(`there are no runs in ${results}`, { hint: 'rushhour run quickstart creates one' });
  }
  const summary = await readSummary(dir);
  if (options.json === true) host.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const colour = wantsColour(host, host.stdout);
    host.stdout.write(
      renderSummary(summary, {
        ...{ colour, width: host.stdout.columns, dir: shownPath(dir, host.cwd) },
        name: nameOfFolder(dir, summary.run.id),
        ...(await readTested(dir)),
      }),
    );
    await printTimeSeries(host, dir, summary);
    const { note = '' } = await readNotes(dir);
    if (note !== '') host.stdout.write(`note: ${escapeControls(note)}\n`);
  }
  return EXIT.ok;
}

/** That which the latest run is a part of; where there is no run at all, the latest. */
async function findLatestFleet(
  latest: string | undefined,
  results: string,
): Promise<FoundFleetRun | undefined> {
  const [{ listFleetRuns }, { indexParts }] = await Promise.all([
    import('../../read/fleet/list.ts'),
    import('../../read/fleet/parts.ts'),
  ]);
  const fleets = await listFleetRuns(results);
  return latest === undefined ? fleets.at(-1) : indexParts(fleets).get(latest)?.fleet;
}

async function printFleet(host: Host, found: FoundFleetRun, { json }: ShowOptions) {
  const [{ readFleetSummary }, { renderFleet }] = await Promise.all([
    import('../../read/fleet/summary.ts'),
    import('../../render/fleet.ts'),
  ]);
  const summary = await readFleetSummary(found);
  if (json === true) host.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const colour = wantsColour(host, host.stdout);
    const diagnose = diagnoseCommand(host, dirname(found.dir));
    host.stdout.write(renderFleet(summary, { colour, width: host.stdout.columns, diagnose }));
  }
  return EXIT.ok;
}

/** Time series, which a summary does not contain. */
async function printTimeSeries(host: Host, dir: string, summary: Summary): Promise<void> {
  const [{ readStalledTimeSeries }, { renderTimeSeries }] = await Promise.all([
    import('../../read/run-detail.ts'),
    import('../../render/arm-time-series.ts'),
  ]);
  const { LC_ALL, LC_CTYPE, LANG } = host.env;
  // Plain ASCII if it goes to a file or a pipe, for tickets.
  const unicode = host.stdout.isTTY && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
  const { columns: width } = host.stdout;
  host.stdout.write(renderTimeSeries(summary, await readStalledTimeSeries(dir), { width, unicode }));
}
