import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Comparison } from '../../analysis/compare/types.ts';
import { EnvironmentError, EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { shownPath } from '../../scenario/shown-path.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import type { Host } from '../host.ts';

interface ReportOptions {
  readonly results?: string;
  readonly output?: string;
}

export function registerReport(program: Command, context: Context): void {
  program
    .command('report')
    .description(
      'Write a self-contained HTML file that needs no network: the verdict, the figures of each arm, the settings, and how to reproduce the run. If you name two runs, it overlays them. Of a fleet’s run, it shows the sites.',
    )
    .argument('<run>', 'id or its start, label or folder')
    .argument('[after]', 'the run after a change, named the same way')
    .addOption(resultsOption())
    .option(
      '-o, --output <file>',
      'write to this file; - for stdout (default: report.html in the folder of the last run named)',
    )
    .addHelpText(
      'after',
      `
Examples:
  rushhour report 20250131-06
  rushhour report "timer 1 s" "timer 60 s" -o timers.html`,
    )
    .action(
      context.act((run: string, after: string | undefined, options: ReportOptions) =>
        report(context, run, after, options),
      ),
    );
}

async function report(
  { host }: Context,
  run: string,
  after: string | undefined,
  options: ReportOptions,
): Promise<ExitCode> {
  const [{ findFleetRun }, { findRun }, { readRunDetail }, { readReportAssets }, { renderReport }] =
    await Promise.all([
      import('../../read/fleet/find.ts'),
      import('../../read/find-run.ts'),
      import('../../read/run-detail.ts'),
      import('../../store/report-assets.ts'),
      import('../../render/report/page.ts'),
    ]);
  const results = resultsDir(host, options.results);
  const fleet = await findFleetRun(run, results);
  if (fleet !== undefined) {
    if (after !== undefined) {
      throw new UsageError('a report shows one run of a fleet', {
        hint: `rushhour compare ${run} ${after} compares two`,
      });
    }
    const [{ readFleetSummary }, { renderFleetReport }] = await Promise.all([
      import('../../read/fleet/summary.ts'),
      import('../../render/report/fleet-page.ts'),
    ]);
    const page = renderFleetReport(await readFleetSummary(fleet), await readReportAssets());
    return emit(host, page, options, fleet.dir);
  }
  const dir = await findRun(run, results);
  const afterDir = after === undefined ? undefined : await findRun(after, results);
  const first = await readRunDetail(dir);
  const input =
    afterDir === undefined
      ? { runs: [first] as const }
      : {
          runs: [first, await readRunDetail(afterDir)] as const,
          comparison: await compare(dir, afterDir),
        };
  return emit(host, renderReport(input, await readReportAssets()), options, afterDir ?? dir);
}

/** To where the flags say; by default into the folder. */
async function emit(host: Host, html: string, { output }: ReportOptions, dir: string): Promise<ExitCode> {
  if (output === '-') host.stdout.write(html);
  else {
    const path = output === undefined ? join(dir, 'report.html') : resolve(host.cwd, output);
    await write(path, html);
    host.stdout.write(`${shownPath(path, host.cwd)}\n`);
  }
  return EXIT.ok;
}

/** Differences in what the runs tested are stated in the report instead of being refused. */
async function compare(before: string, after: string): Promise<Comparison> {
  return (await import('../../read/compare-folders.ts')).compareFolders(before, after);
}

async function write(path: string, html: string): Promise<void> {
  try {
    await writeFile(path, html);
  } catch (cause) {
    throw new EnvironmentError(`cannot write the report: ${(cause as Error).message}`, {
      hint: 'choose another file with -o',
      cause,
    });
  }
}
