import { type Command, Option } from 'commander';
import type { FailIf } from '../../analysis/compare/fail-if.ts';
import type { Comparison } from '../../analysis/compare/types.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { FoundFleetRun } from '../../read/fleet/list.ts';
import { escapeControls } from '../../render/escape.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { collect } from '../flags/values.ts';
import { type Host, wantsColour } from '../host.ts';

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
  rushhour compare 20250131-060000-steady-k3f9 20250201-060000-steady-p7wm     two runs of a fleet, site by site

With three or more runs a side, the variation between runs is used; with fewer, the variation within them. See
docs/comparing.md for the method. Exit codes: 0 done; 2 bad usage, or runs that cannot be compared; 3 got worse, or a
--fail-if held; 4 a run was generator-limited (of a fleet: and no site is left to compare).`,
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
  const fleets = await findFleets(before, after, results);
  if (fleets !== undefined) return compareFleets(host, fleets, conditions, options);
  const tell = (note: string): void => void host.stderr.write(`rushhour: ${escapeControls(note)}\n`);
  const dirsBefore = await findRuns(before, results, tell);
  const dirsAfter = await findRuns(after, results, tell);
  const { refusals } = checkComparable(
    await Promise.all(dirsBefore.map(readRunFacts)),
    await Promise.all(dirsAfter.map(readRunFacts)),
  );
  if (options.anyway !== true) refuse(refusals);
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

/** @throws UsageError if there is a reason */
function refuse(refusals: readonly string[]): void {
  if (refusals.length === 0) return;
  throw new UsageError(`these runs cannot be compared: ${refusals.join('; ')}`, {
    hint: 'give runs of one scenario at one rate, or compare them regardless with --anyway',
  });
}

/**
 * Both as runs of a fleet; undefined if they are runs of one machine.
 * @throws UsageError if only one is
 */
async function findFleets(
  before: string,
  after: string,
  results: string,
): Promise<readonly [FoundFleetRun, FoundFleetRun] | undefined> {
  const { findFleetRun } = await import('../../read/fleet/find.ts');
  const [was, is] = [await findFleetRun(before, results), await findFleetRun(after, results)];
  if (was !== undefined && is !== undefined) return [was, is];
  const [only] = [was, is].filter((found) => found !== undefined);
  if (only === undefined) return undefined;
  throw new UsageError(`only ${only.file.id} is the run of a fleet`, {
    hint: `give two runs of a fleet, or two of its probes, such as ${only.file.id}-${only.file.parts[0]?.probe ?? 'PROBE'}`,
  });
}

/** Site by site; conditions hold if they do at any site. */
async function compareFleets(
  host: Host,
  [before, after]: readonly [FoundFleetRun, FoundFleetRun],
  conditions: readonly FailIf[],
  options: CompareOptions,
): Promise<ExitCode> {
  const [{ planFleetComparison }, { judgeFailIf }, { renderFleetComparison }] = await Promise.all([
    import('../../read/fleet/compare.ts'),
    import('../../analysis/compare/fail-if.ts'),
    import('../../render/fleet-comparison.ts'),
  ]);
  const planned = await planFleetComparison(before, after);
  if (options.anyway !== true) refuse(planned.refusals);
  const measured = await planned.compare();
  const sites = measured.sites.map(({ name, comparison }) => ({
    name,
    comparison: judgeFailIf(comparison, conditions),
  }));
  const comparison = { ...measured, sites };
  const look = {
    ...{ colour: wantsColour(host, host.stdout), width: host.stdout.columns },
    ...{ all: options.all === true, isMarkdown: options.markdown === true },
  };
  host.stdout.write(
    options.json === true
      ? `${JSON.stringify(comparison, null, 2)}\n`
      : renderFleetComparison(comparison, look),
  );
  if (sites.length === 0)
    return measured.leftOut.some((part) => part.generatorLimited) ? EXIT.generatorLimited : EXIT.usage;
  const codes = sites.map((site) => exitCodeOf(site.comparison));
  return codes.includes(EXIT.criteriaFailed) ? EXIT.criteriaFailed : EXIT.ok;
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
