import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Comparison } from '../../analysis/compare/types.ts';
import { EnvironmentError, EXIT, type ExitCode } from '../../errors.ts';
import { shownPath } from '../../scenario/shown-path.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';

interface ReportOptions {
  readonly results?: string;
  readonly output?: string;
}

export function registerReport(program: Command, context: Context): void {
  program
    .command('report')
    .description(
      'Write a self-contained HTML file that needs no network: the verdict, the figures of each arm, the settings, and how to reproduce the run. If you name two runs, it overlays them.',
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
  const [{ findRun }, { readRunDetail }, { readReportAssets }, { renderReport }] = await Promise.all([
    import('../../read/listing.ts'),
    import('../../read/run-detail.ts'),
    import('../../store/report-assets.ts'),
    import('../../render/report/page.ts'),
  ]);
  const results = resultsDir(host, options.results);
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
  const html = renderReport(input, await readReportAssets());
  if (options.output === '-') host.stdout.write(html);
  else {
    const path =
      options.output === undefined ? join(afterDir ?? dir, 'report.html') : resolve(host.cwd, options.output);
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
