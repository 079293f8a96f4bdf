import { type Command, Option } from 'commander';
import { EnvironmentError, EXIT, type ExitCode, UsageError } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import { quoteTyped } from '../../../render/escape.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import {
  addFleetScenarioOptions,
  type FleetScenarioFlags,
  readFleetScenario,
} from '../../flags/fleet-scenario.ts';
import { resultsDir, resultsOption } from '../../flags/run-options.ts';
import { parseStartTime } from '../../flags/start-time.ts';
import { asValue } from '../../flags/values.ts';
import { withLink } from './with-link.ts';

interface RunFlags extends FleetScenarioFlags, OperatorFlags {
  readonly at?: number;
  readonly follow: boolean;
  readonly results?: string;
  readonly json?: boolean;
}

export function registerRun(fleet: Command, context: Context): void {
  addOperatorOptions(
    addFleetScenarioOptions(
      fleet
        .command('run')
        .description(
          'Run a scenario from every selected probe at the same second, receive what they record, and show which sites are ill, and what became of each probe. Ctrl-C stops the run everywhere.',
        ),
    )
      .option('-t, --duration <time>', 'set the scenario’s length, phases in proportion')
      .addOption(
        new Option(
          '--at <time>',
          'when it starts: 02:00 or 02:00:30, the next one by the local time of this machine; or such as 2025-01-31T02:00:00Z (default: in 10 s)',
        ).argParser(asValue((text: string) => parseStartTime(text, context.host.now()))),
      )
      .option(
        '--no-follow',
        'only order it, and print which probes accept it; "fleet follow" or "fleet pull" receives it',
      )
      .addOption(resultsOption())
      .option('--json', 'print what became of each probe as JSON')
      .action(context.act((scenario: string, flags: RunFlags) => run(context, scenario, flags))),
  );
}

async function run({ host }: Context, nameOrPath: string, flags: RunFlags) {
  const [
    { readProbes },
    { NO_PROBE },
    { parseSelection, selectProbes },
    { orderRun, stopRun },
    { keepRun },
    { receiveAndPrint },
    { awaitAndTell },
    { ANSWERS },
    { withResultsFolder },
  ] = await Promise.all([
    import('../../../fleet/operator/read-probes.ts'),
    import('../../../fleet/operator/format-probes.ts'),
    import('../../../fleet/operator/select.ts'),
    import('../../../fleet/operator/order-run.ts'),
    import('../../../fleet/operator/fleet-run.ts'),
    import('./receive.ts'),
    import('./await-and-tell.ts'),
    import('../../../fleet/operator/await-ends.ts'),
    import('../../../store/run-folder.ts'),
  ]);
  const selection = parseSelection(flags.on);
  const { ordered: scenario, ratePerSecTotal } = await readFleetScenario(host, nameOrPath, flags);
  const results = resultsDir(host, flags.results);
  const order = async (link: Link): Promise<ExitCode> => {
    const known = await readProbes(link, host.now());
    const selected = selectProbes(selection, known);
    const chosen = selected.filter(({ isPresent }) => isPresent);
    if (chosen.length === 0) {
      const hint =
        known.length === 0
          ? NO_PROBE
          : '"rushhour fleet ls" lists the probes and their labels, and when each was seen';
      throw new UsageError(
        flags.on === undefined
          ? 'no probe is there'
          : `no probe that is there matches --on ${quoteTyped(flags.on)}`,
        { hint },
      );
    }
    const ordered = await orderRun(link, {
      scenario,
      ...{ probes: chosen, away: selected.filter(({ isPresent }) => !isPresent) },
      ...(ratePerSecTotal !== undefined && { ratePerSecTotal }),
      ...{ label: flags.label, resultsDir: results },
      ...(flags.at !== undefined && { startsAtMs: flags.at }),
    });
    // Whatever becomes of this process, "fleet pull" knows then which probes were asked.
    await keepRun(ordered, results);
    host.stderr.write(
      `rushhour: ${ordered.id}: ordered from ${ordered.parts.length} of ${chosen.length} probes; ${
        flags.follow ? 'press Ctrl-C to stop it' : `rushhour fleet stop ${ordered.id} stops it`
      }\n`,
    );
    if (!flags.follow) {
      host.stdout.write(`${ordered.id}\n`);
      const present = ordered.parts.map(({ probe }) => probe);
      let hasRefused = false;
      const left = await awaitAndTell(host, link, ordered, {
        ...{ kinds: ANSWERS, present, out: host.stderr },
        told: (_, { kind }) => {
          hasRefused ||= kind === 'refused';
        },
      });
      if (left.length > 0) {
        throw new EnvironmentError(`not yet told: ${left.join(', ')}`, {
          hint: `the order waits for them at the server; "rushhour fleet follow ${ordered.id}" shows what becomes of it`,
        });
      }
      return hasRefused ? EXIT.environment : EXIT.ok;
    }
    const ending = new AbortController();
    let signals = 0;
    const release = host.onStopSignal(() => {
      signals += 1;
      if (signals > 2) ending.abort();
      else void stopRun(link, ordered, signals === 1 ? 'drain' : 'abort').catch(() => ending.abort());
    });
    try {
      const json = flags.json === true;
      const isStopped = (): boolean => signals > 0;
      const how = { results, signal: ending.signal, json, isStopped };
      const code = await receiveAndPrint(host, link, ordered, how);
      return signals > 0 ? EXIT.interrupted : code;
    } finally {
      release();
    }
  };
  // It is there before anything is ordered.
  return withResultsFolder(results, () => withLink(host, flags, order));
}
