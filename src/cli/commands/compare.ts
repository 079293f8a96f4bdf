import { type Command, Option } from 'commander';
import type { Comparison } from '../../analysis/compare/types.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { collect } from '../flags/values.ts';
import { wantsColour } from '../host.ts';

export interface CompareOptions {
  readonly results?: string;
  readonly failIf?: readonly string[];
  readonly anyway?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly all?: boolean;
}

export function registerCompare(program: Command, context: Context): void {
  program
    .command('compare')
    .description(
      'Compare runs after a change with runs before it: what got better, what got worse, and how small a difference would have been detected.',
    )
    .argument('<before>', 'runs before: id, label, folder or pattern; several separated by commas')
    .argument('<after>', 'runs after: the same')
    .addOption(resultsOption())
    .option('--fail-if <condition>', 'exit with 3 if "<arm>.<figure> <verdict>" holds (repeatable)', collect)
    .option('--anyway', 'compare runs that did different things, and name the differences')
    .option('--all', 'show every line, including those without a result')
    .addOption(new Option('--json', 'print the comparison as JSON').conflicts('markdown'))
    .option('--markdown', 'print the comparison as Markdown, for a ticket')
    .addHelpText(
      'after',
      `
Examples:
  rushhour compare "timer 1 s" "timer 60 s"
  rushhour compare 20250131-06 20250131-07 --markdown
  rushhour compare 'before*' 'after*' --fail-if "stress.stalled.rate not better"

With three or more runs a side, the variation between runs is used; with fewer, the variation within them. Exit codes:
0 done; 2 bad usage, or runs that cannot be compared; 3 got worse, or a --fail-if held; 4 a run was generator-limited.
See docs/comparing.md for the method.`,
    )
    .action(
      context.act((before: string, after: string, options: CompareOptions) =>
        compare(context, before, after, options),
      ),
    );
}

/** Prints the comparison and returns its exit code. */
export async function compare(
  { host }: Context,
  before: string,
  after: string,
  options: CompareOptions,
): Promise<ExitCode> {
  const [
    { compareRuns },
    { checkComparable },
    { judgeFailIf, parseFailIf },
    { readRunTimeSeries, readRunFacts },
    { findRuns },
  ] = await Promise.all([
    import('../../analysis/compare/compare.ts'),
    import('../../analysis/compare/comparable.ts'),
    import('../../analysis/compare/fail-if.ts'),
    import('../../read/time-series.ts'),
    import('../../read/find-runs.ts'),
  ]);
  const conditions = (options.failIf ?? []).map(parseFailIf);
  const results = resultsDir(host, options.results);
  const [dirsBefore, dirsAfter] = [await findRuns(before, results), await findRuns(after, results)];
  const { refusals } = checkComparable(
    await Promise.all(dirsBefore.map(readRunFacts)),
    await Promise.all(dirsAfter.map(readRunFacts)),
  );
  if (refusals.length > 0 && options.anyway !== true) {
    throw new UsageError(`these runs cannot be compared: ${refusals.join('; ')}`, {
      hint: 'give runs of one scenario at one rate, or compare them regardless with --anyway',
    });
  }
  // One after the other: reading two long runs at once would need the memory of both.
  const runs = [];
  for (const dir of [...dirsBefore, ...dirsAfter]) runs.push(await readRunTimeSeries(dir));
  const comparison = judgeFailIf(
    compareRuns(runs.slice(0, dirsBefore.length), runs.slice(dirsBefore.length), refusals),
    conditions,
  );
  host.stdout.write(await render(comparison, options, host));
  return exitCodeOf(comparison);
}

async function render(
  comparison: Comparison,
  options: CompareOptions,
  host: Context['host'],
): Promise<string> {
  if (options.json === true) return `${JSON.stringify(comparison, null, 2)}\n`;
  const all = options.all === true;
  if (options.markdown === true) {
    const { renderComparisonMarkdown } = await import('../../render/comparison-markdown.ts');
    return renderComparisonMarkdown(comparison, { all });
  }
  const { renderComparison } = await import('../../render/comparison.ts');
  const colour = wantsColour(host, host.stdout);
  return renderComparison(comparison, { colour, width: host.stdout.columns, all });
}

function exitCodeOf({ verdict, generatorLimited, failIf }: Comparison): ExitCode {
  if (generatorLimited) return EXIT.generatorLimited;
  const hasFailed = verdict === 'worse' || verdict === 'mixed' || failIf.some(({ held }) => held);
  return hasFailed ? EXIT.criteriaFailed : EXIT.ok;
}
