import { type Command, Option } from 'commander';
import type { FleetTrend } from '../../analysis/sites/trend.ts';
import type { FailIf } from '../../analysis/trend/fail-if.ts';
import type { Trend } from '../../analysis/trend/types.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { FoundFleetRun } from '../../read/fleet/list.ts';
import { escapeControls } from '../../render/escape.ts';
import type { TrendLook } from '../../render/trend.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { collect, parseCount, parseDurationUs } from '../flags/values.ts';
import { type Host, wantsColour } from '../host.ts';
import { reportDamaged } from '../output/report-damaged.ts';

export interface TrendOptions {
  readonly results?: string;
  readonly last: number;
  readonly scenario?: string;
  readonly label?: string;
  readonly since?: string;
  readonly weekdays?: boolean;
  readonly failIf?: readonly string[];
  readonly hook?: string;
  readonly hookOn: 'always' | 'fail';
  /** Microseconds. */
  readonly hookTimeout: number;
  readonly json?: boolean;
  readonly all?: boolean;
}

export function registerTrend(program: Command, context: Context): void {
  program
    .command('trend')
    .description(
      'Compare the runs of one scenario night by night, and tell a change or a drift from normal variation.',
    )
    .argument(
      '[runs...]',
      'runs: ids, labels, folders or patterns; or the id of a fleet’s soak (default: all of one scenario)',
    )
    .addOption(resultsOption())
    .option('--last <n>', 'use only the last n of these', parseCount, 30)
    .option('--scenario <pattern>', 'only runs of this scenario (default: the one with the most runs)')
    .option('--label <pattern>', 'only runs with this label; * matches any text, ? any character')
    .option('--since <when>', 'only runs no older than this: 60d, 8w, 2025-01-31')
    .option('--weekdays', 'compare weekends with weekends, and other nights with other nights')
    .option('--fail-if <condition>', 'exit with 3 if this condition holds (repeatable)', collect)
    .option('--hook <command>', 'run this with sh -c, with the verdict as JSON on its stdin')
    .addOption(
      new Option('--hook-on <when>', 'fail: only if a --fail-if holds')
        .choices(['always', 'fail'])
        .default('always'),
    )
    .addOption(
      new Option('--hook-timeout <time>', 'time limit for the hook')
        .argParser(parseDurationUs)
        .default(60_000_000, '60s'),
    )
    .option('--all', 'show every figure, not only those that changed or decide the verdict')
    .option('--json', 'print the trend as JSON')
    .addHelpText(
      'after',
      `
Examples:
  rushhour trend
  rushhour trend --scenario steady --last 60 --weekdays
  rushhour trend steady-k3f9                       the nights of a fleet, site by site
  rushhour trend --fail-if "*.stalled.rate worse" --fail-if "stress.stalled.rate > 0.1%"
  rushhour trend --fail-if "*.stalled.rate worse" --hook-on fail --hook 'mail -s "$RUSHHOUR_VERDICT" admin@example.org'
  rushhour trend --hook 'curl -sSf -d @- https://hooks.example.org/'

Conditions: <arm>.<figure> and one of changed, drifted, worse, better (optionally preceded by "not"), or a bound for the
last night: > 0.1%, > 50ms, < 950/s. <arm> may be *. The hook has RUSHHOUR_VERDICT (pass, fail, cannot-tell) and
RUSHHOUR_CAUSE (the last change of cause, in a line) in its environment. Exit codes: 0 done; 2 bad usage; 3 a --fail-if holds; 4 every night was generator-limited; 5 the hook failed.
See docs/trend.md for the method.`,
    )
    .action(context.act((runs: string[], options: TrendOptions) => trend(context, runs, options)));
}

/** Prints the trend, sets the exit code, and passes the verdict to the hook. */
export async function trend(
  { host }: Context,
  runs: readonly string[],
  options: TrendOptions,
): Promise<ExitCode> {
  const [{ parseFailIf }, { judgeFailIf }] = await Promise.all([
    import('../../analysis/trend/fail-if.ts'),
    import('../../analysis/trend/judge-fail-if.ts'),
  ]);
  const conditions = (options.failIf ?? []).map(parseFailIf);
  const fleet = await findNightsOfFleet(host, runs, options);
  if (fleet !== undefined) {
    const ofFleet = await judgeFleet(host, fleet, conditions, options);
    host.stdout.write(await renderOfFleet(ofFleet, options, host));
    await callHook({ judged: ofFleet, cause: sayCauses(ofFleet) }, options, host);
    return exitCodeOf(
      ofFleet.verdict,
      ofFleet.probes.map(({ trend: one }) => one),
    );
  }
  const judged = judgeFailIf(await judgeNights(host, runs, options), conditions);
  host.stdout.write(await render(judged, options, host));
  await callHook({ judged, cause: sayCause(judged) }, options, host);
  return exitCodeOf(judged.verdict, [judged]);
}

async function findNightsOfFleet(
  host: Host,
  words: readonly string[],
  { results }: TrendOptions,
): Promise<FoundFleetRun[] | undefined> {
  if (words.length === 0) return undefined;
  const { findFleetNights } = await import('../../read/fleet/trend.ts');
  return findFleetNights(words, resultsDir(host, results));
}

async function judgeFleet(
  host: Host,
  runs: readonly FoundFleetRun[],
  conditions: readonly FailIf[],
  { scenario, label, since, last, weekdays }: TrendOptions,
): Promise<FleetTrend> {
  const [{ judgeNightsOfFleet }, { isTrendRun }, { parseSince }] = await Promise.all([
    import('./trend-fleet.ts'),
    import('../../read/trend-runs.ts'),
    import('../../read/filter.ts'),
  ]);
  const sinceMs = since === undefined ? undefined : parseSince(since, host.now());
  return judgeNightsOfFleet(runs, conditions, {
    ...{ last, timeZone: timeZoneOf(host), weekdays: weekdays === true },
    isWanted: ({ facts }) => isTrendRun(facts, { scenario, label, sinceMs }),
  });
}

async function renderOfFleet(judged: FleetTrend, options: TrendOptions, host: Host): Promise<string> {
  if (options.json === true) return `${JSON.stringify(judged, null, 2)}\n`;
  const { renderFleetTrend } = await import('../../render/fleet-trend.ts');
  return renderFleetTrend(judged, lookOf(options, host));
}

function lookOf({ all }: TrendOptions, host: Host): TrendLook {
  return { colour: wantsColour(host, host.stdout), width: host.stdout.columns, all: all === true };
}

async function judgeNights(host: Host, words: readonly string[], options: TrendOptions): Promise<Trend> {
  const [
    { chooseSoakRuns },
    { reduceRun },
    { judgeTrend },
    { findTrendRuns },
    { parseSince },
    { readRunTimeSeries },
  ] = await Promise.all([
    import('../../analysis/trend/choose-soak-runs.ts'),
    import('../../analysis/trend/reduce-run.ts'),
    import('../../analysis/trend/trend.ts'),
    import('../../read/trend-runs.ts'),
    import('../../read/filter.ts'),
    import('../../read/time-series.ts'),
  ]);
  const { scenario, label, since, last, weekdays } = options;
  const results = resultsDir(host, options.results);
  const sinceMs = since === undefined ? undefined : parseSince(since, host.now());
  const found = await findTrendRuns(words, { scenario, label, sinceMs }, results, reportDamaged(host));
  const { runs, notes } = chooseSoakRuns(found.runs, { last, named: words.length > 0 });
  if (runs.length === 0) {
    const [leftOut] = found.notes;
    throw new UsageError(`no run in ${results} matches`, {
      hint: leftOut ?? 'rushhour results lists the runs; --results chooses another folder',
    });
  }
  // One after the other, keeping only figures: memory does not grow with the number or length of nights.
  const nights = [];
  for (const { dir } of runs) nights.push(reduceRun(await readRunTimeSeries(dir)));
  return judgeTrend(nights, {
    timeZone: timeZoneOf(host),
    weekdays: weekdays === true,
    notes: [...found.notes, ...notes],
  });
}

/** Dates of nights are in the time zone of the probe. */
function timeZoneOf({ env: { TZ } }: Host): string {
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: TZ || own }).resolvedOptions().timeZone;
  } catch {
    return own;
  }
}

async function render(judged: Trend, options: TrendOptions, host: Host): Promise<string> {
  if (options.json === true) return `${JSON.stringify(judged, null, 2)}\n`;
  const { renderTrend } = await import('../../render/trend.ts');
  return renderTrend(judged, lookOf(options, host));
}

async function callHook(
  { judged, cause }: { readonly judged: Trend | FleetTrend; readonly cause: string },
  { hook, hookOn, hookTimeout }: TrendOptions,
  host: Host,
): Promise<void> {
  if (hook === undefined || (hookOn === 'fail' && judged.verdict !== 'fail')) return;
  const { runNotifyCommand } = await import('../../experiment/notify-command.ts');
  await runNotifyCommand(
    {
      command: hook,
      input: `${JSON.stringify(judged)}\n`,
      env: { RUSHHOUR_VERDICT: judged.verdict, RUSHHOUR_CAUSE: cause },
      timeoutUs: hookTimeout,
    },
    host,
  );
}

/** The last change of cause in a line, or what all nights agree in; for the subject of a mail. */
function sayCause({ causeChanges, cause }: Trend): string {
  return escapeControls(causeChanges.at(-1)?.sentence ?? cause ?? 'no diagnosis');
}

/** Of each site whose cause changed, or of all that have one. */
function sayCauses({ probes }: FleetTrend): string {
  const changed = probes.filter(({ trend: { causeChanges } }) => causeChanges.length > 0);
  const said = (changed.length > 0 ? changed : probes.filter(({ trend: { cause } }) => cause !== null)).map(
    ({ site, trend: one }) => escapeControls(`${site}: ${sayCause(one)}`),
  );
  return [...new Set(said)].join('; ') || 'no diagnosis';
}

function exitCodeOf(verdict: Trend['verdict'], trends: readonly Trend[]): ExitCode {
  if (verdict === 'fail') return EXIT.criteriaFailed;
  const nights = trends.flatMap((one) => one.nights);
  return nights.every(({ generatorLimited }) => generatorLimited) ? EXIT.generatorLimited : EXIT.ok;
}
